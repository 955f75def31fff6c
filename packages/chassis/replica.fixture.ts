// A replica as a process of its own, to be killed and stopped by a test: it finds the others in Redis when it is
// given one, and answers who it is. Told to be slow, it answers late.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createLogger } from './log.ts';
import { endpoint } from './endpoint.ts';
import { openHost } from './host.ts';
import { answers } from './internal-routes.ts';
import { openRedisDiscovery } from './redis-discovery.ts';

export const whoAreYou = endpoint({
  service: 'fees',
  path: '/internal/who-are-you',
  request: z.object({ value: z.number() }),
  response: z.object({ pid: z.number() }),
});

export const fixtureSecret = 'known to all replicas of this test';

if (process.argv[1] === import.meta.filename) {
  const [redisUrl = '', drainMs = '0'] = process.argv.slice(2);
  const log = createLogger({ service: 'fees' });
  const discovery = redisUrl === '' ? undefined : openRedisDiscovery({ url: redisUrl, log });
  const host = openHost({
    service: 'fees',
    host: '127.0.0.1',
    port: 0,
    environment: { LOG_LEVEL: 'silent' },
    serviceTokenSecret: fixtureSecret,
    issuer: 'https://identity.test.example',
    replicasOf: (service) => discovery?.replicasOf(service) ?? [],
    ...(discovery === undefined ? {} : { announce: (url: string) => discovery.announce('fees', url) }),
    drainMs: Number(drainMs),
  });
  host.onStop(() => discovery?.close());
  const answerMs = 2;
  const service = await host.serveSubgraph({
    typeDefs: 'type Query { nothing: Int }',
    resolvers: {},
    loaders: () => ({}),
    internal: [
      answers(whoAreYou, async () => {
        await sleep(answerMs);
        return { pid: process.pid };
      }),
    ],
  });
  process.on('SIGTERM', () => void service.stop().then(() => process.exit(0)));
  process.on('disconnect', () => process.exit(1));
  process.send?.({ url: service.url });
}
