// Where a request comes from: who opened the connection, or where that is a proxy that is trusted, whom it names last in
// X-Forwarded-For. From anybody else that header is a claim, and is not read.
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/** Addresses and subnets (CIDR), with spaces between them; none when it is empty. */
export const proxiesSetting = z.string().superRefine((text, { addIssue }) => {
  try {
    createClientAddresses(text);
  } catch (error) {
    addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});

const prefixLengths = { ipv4: 32, ipv6: 128 } as const;

export interface ClientAddresses {
  addressOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): string;
}

/**
 * `trustedProxies` as the setting has it; throws TypeError for anything else. `mostHops`: so many of them stand one behind
 * another at most. What is named beyond that is the client's own claim, also where clients have addresses like proxies.
 */
export function createClientAddresses(trustedProxies: string, mostHops = 1): ClientAddresses {
  const trusted = new BlockList();
  for (const text of trustedProxies.split(/\s+/).filter((part) => part !== '')) trust(trusted, text);
  return {
    addressOf({ headers, socket }) {
      let address = plain(socket.remoteAddress ?? '');
      // Several headers of this name have been joined to one list. Each proxy adds whom it was asked by at the end.
      const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
      for (let hops = 0; hops < mostHops && forwarded.length > 0 && isTrusted(trusted, address); hops += 1) {
        const next = plain(forwarded.pop()?.trim() ?? '');
        if (isIP(next) === 0) break;
        address = next;
      }
      return address;
    },
  };
}

function trust(trusted: BlockList, text: string): void {
  const [address = '', length, ...rest] = text.split('/');
  const family = familyOf(address);
  const bits = length === undefined ? undefined : Number(length);
  const isRight =
    bits === undefined || (/^\d{1,3}$/.test(length ?? '') && bits <= prefixLengths[family ?? 'ipv6']);
  if (family === undefined || rest.length > 0 || !isRight) {
    throw new TypeError(`${text} is no IP address and no subnet such as 10.0.0.0/8`);
  }
  if (bits === undefined) trusted.addAddress(address, family);
  else trusted.addSubnet(address, bits, family);
}

function isTrusted(trusted: BlockList, address: string): boolean {
  const family = familyOf(address);
  return family !== undefined && trusted.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}

/** A listener for both families sees IPv4 as a part of IPv6 (RFC 4291, section 2.5.5.2). */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

const groupsOfNetwork = 4;
const groupsOfAddress = 8;

/** What is one party's as a rule: an address of IPv4, and of IPv6 the network of 64 bits, which each line has to itself. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [before = '', after = ''] = (address.split('%')[0] ?? '').split('::');
  const left = before.split(':').filter((group) => group !== '');
  const right = after.split(':').filter((group) => group !== '');
  // An address of IPv4 at the end stands for two groups, both behind the network.
  const given = left.length + right.length + (address.includes('.') ? 1 : 0);
  const zeros = Array<string>(address.includes('::') ? groupsOfAddress - given : 0).fill('0');
  const groups = [...left, ...zeros, ...right];
  return groups
    .slice(0, groupsOfNetwork)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
