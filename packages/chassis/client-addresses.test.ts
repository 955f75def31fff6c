// Who is taken for the client, by connection and header.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClientAddresses, networkOf, proxiesSetting } from './client-addresses.ts';

function addressOf(trusted: string, from: string, forwarded?: string, hops?: number): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return createClientAddresses(trusted, hops).addressOf({
    headers,
    socket: { remoteAddress: from } as never,
  });
}

for (const [what, expected, ...given] of [
  ['no proxy is trusted', '192.0.2.1', '', '192.0.2.1', '203.0.113.9'],
  ['the connection is none of a trusted proxy', '192.0.2.1', '10.0.0.0/8', '192.0.2.1', '203.0.113.9'],
  ['a trusted proxy names the client', '203.0.113.9', '10.0.0.0/8', '10.1.2.3', '203.0.113.9'],
  ['the client has claimed more', '203.0.113.9', '10.1.2.3', '10.1.2.3', '198.51.100.1, 203.0.113.9'],
  [
    'one proxy stands behind another',
    '203.0.113.9',
    '10.0.0.0/8 192.0.2.7',
    '192.0.2.7',
    '203.0.113.9,10.1.1.1',
    2,
  ],
  [
    'a client with an address like a proxy claims more',
    '10.9.9.9',
    '10.0.0.0/8',
    '10.1.2.3',
    '203.0.113.9, 10.9.9.9',
  ],
  ['the proxy names nobody', '10.1.2.3', '10.0.0.0/8', '10.1.2.3', undefined],
  ['the proxy names no address', '10.1.2.3', '10.0.0.0/8', '10.1.2.3', 'unknown'],
  ['all that are named are proxies', '10.0.0.1', '10.0.0.0/8', '10.1.2.3', '10.0.0.1'],
  ['IPv4 comes as IPv6', '203.0.113.9', '10.0.0.0/8', '::ffff:10.1.2.3', '203.0.113.9'],
  ['the proxy is in a subnet of IPv6', '2001:db8::9', 'fd00::/8', 'fd00::1', '2001:db8::9'],
] as const) {
  test(`when ${what} the client is ${expected}`, () => {
    const [trusted, from, forwarded, hops] = given;
    assert.equal(addressOf(trusted, from, forwarded, hops), expected);
  });
}

for (const [address, network] of [
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002::6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8::5:6:7:8:9', '2001:db8:0:5'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
  ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4'],
  ['', ''],
] as const) {
  test(`${address === '' ? 'nothing' : address} is of the network ${network}`, () =>
    assert.equal(networkOf(address), network));
}

for (const wrong of ['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', 'fd00::/129', '*']) {
  test(`${wrong} is refused as a trusted proxy`, () => {
    const { error } = proxiesSetting.safeParse(`10.0.0.0/8 ${wrong}`);
    assert.match(error?.issues[0]?.message ?? '', /is no IP address and no subnet/);
  });
}
