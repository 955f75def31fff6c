// What is known of replicas while names appear, change, vanish, and while the resolver fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { openDnsDiscovery } from './dns-discovery.ts';
import { createLogger } from './log.ts';

type Answer = readonly { address: string; family: number }[] | Error;

const coded = (code: string) => Object.assign(new Error(code), { code });
const v4 = (...addresses: string[]) => addresses.map((address) => ({ address, family: 4 }));

function open(first: Answer) {
  const lines: string[] = [];
  let answer = first;
  let lookups = 0;
  const discovery = openDnsDiscovery({
    ports: { fees: 4005 },
    refreshedEveryMs: 10,
    log: createLogger({ service: 'test', destination: { write: (line) => void lines.push(line) } }),
    async lookup() {
      lookups += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return {
    discovery,
    lines,
    /** Resolves when the answer has been looked at. */
    async answers(next: Answer): Promise<readonly string[]> {
      answer = next;
      const seen = lookups;
      await until('the name is looked up again', () => lookups > seen);
      await new Promise(setImmediate);
      return discovery.replicasOf('fees');
    },
    [Symbol.asyncDispose]: () => discovery.close(),
  };
}

test('every address of the name is a replica, at the port of the service', async () => {
  await using dns = open([...v4('10.0.0.1', '10.0.0.2'), { address: 'fd00::1', family: 6 }]);
  const { discovery } = dns;
  await discovery.announce('fees', 'http://10.0.0.1:4005');
  assert.deepEqual(discovery.replicasOf('fees'), [
    'http://10.0.0.1:4005',
    'http://10.0.0.2:4005',
    'http://[fd00::1]:4005',
  ]);
  assert.deepEqual(discovery.replicasOf('unknown'), []);
});

test('follows the addresses, keeps them while the resolver fails, and has none when the name is gone', async () => {
  await using dns = open(v4('10.0.0.1'));
  assert.deepEqual(await dns.answers(v4('10.0.0.2')), ['http://10.0.0.2:4005']);
  assert.deepEqual(await dns.answers(coded('EAI_AGAIN')), ['http://10.0.0.2:4005']);
  assert.deepEqual(await dns.answers(coded('EAI_AGAIN')), ['http://10.0.0.2:4005']);
  assert.equal(dns.lines.length, 1);
  assert.deepEqual(await dns.answers(coded('ENOTFOUND')), []);
  assert.deepEqual(await dns.answers(v4('10.0.0.3')), ['http://10.0.0.3:4005']);
});

test("asks the system's resolver, which reads the hosts file", async () => {
  const log = createLogger({ service: 'test', level: 'silent' });
  const discovery = openDnsDiscovery({ ports: { localhost: 4005 }, log });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => discovery.close());
  await discovery.announce('localhost', 'http://127.0.0.1:4005');
  assert.ok(discovery.replicasOf('localhost').includes('http://127.0.0.1:4005'));
});
