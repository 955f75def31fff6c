// What watching costs: CPU seconds of a gateway process for a thousand trivial requests over HTTP (one fetch that a
// constant answers), with nothing watched, with metrics, with metrics and tracing where no provider is registered.
// Each stands twice in the table: what the two differ by is noise.
//   node watch/watching-bench.ts
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { Pool } from 'undici';
import { createEngine } from '../engine.ts';
import { createHttpFront } from '../http/http-front.ts';
import { serveNodeHttp } from '../http/serve-node-http.ts';
import type { SubgraphFetcher, SubgraphRequest } from '../subgraph-fetch.ts';
import { joinWatches } from './engine-watch.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { createTracing } from './tracing.ts';

const rounds = 10;
const requestsPerRound = 4_000;
/** Before anything is measured, so that the code is compiled. */
const warmUpRequests = 15_000;
const connections = 16;

const variants = ['nothing', 'metrics', 'metrics and tracing'] as const;
type Variant = (typeof variants)[number];

const { supergraphSdl = '' } = composeServices([
  { name: 'a', url: 'http://a.test', typeDefs: parse('type Query { greeting: String }') },
]);

function constantFetcher(
  onFetch: ReturnType<typeof createGatewayMetrics>['onFetch'] | undefined,
): SubgraphFetcher {
  return {
    async fetch({ subgraph }: SubgraphRequest) {
      onFetch?.({
        subgraph,
        url: 'http://a.test',
        status: 200,
        durationMs: 0.1,
        outcome: 'answered',
        bytes: 30,
        retries: 0,
        isDeduplicated: false,
      });
      return { data: { greeting: 'hello' }, errors: [] };
    },
  };
}

async function serve(variant: Variant): Promise<number> {
  const metrics = variant === 'nothing' ? undefined : createGatewayMetrics({ process: true });
  const tracing = variant === 'metrics and tracing' ? createTracing() : undefined;
  const fetcher = constantFetcher(metrics?.onFetch);
  const watches = [metrics?.watch, tracing?.watch].filter((watch) => watch !== undefined);
  const engine = await createEngine({
    supergraph: supergraphSdl,
    fetcher: tracing?.tracedFetcher(fetcher) ?? fetcher,
    shareRequests: false,
    ...(watches.length > 0 && { watch: joinWatches(...watches) }),
  });
  const front = createHttpFront(tracing?.tracedHandler(engine) ?? engine);
  return (await serveNodeHttp({ front: metrics?.watchedFront(front) ?? front, port: 0 })).port;
}

/** In the server's process: its port first, then CPU microseconds each time it is asked. */
async function runServer(variant: Variant): Promise<void> {
  const port = await serve(variant);
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.on('disconnect', () => process.exit());
  process.send?.(port);
}

async function openServer(variant: Variant) {
  const child = fork(fileURLToPath(import.meta.url), [variant], { stdio: 'inherit' });
  const [port] = (await once(child, 'message')) as [number];
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections });
  const body = JSON.stringify({ query: 'query Greeting { greeting }' });
  const headers = { 'content-type': 'application/json' };
  const cpuUs = async () => {
    child.send('cpu');
    const [used] = (await once(child, 'message')) as [number];
    return used;
  };
  const load = async (requests: number) => {
    let left = requests;
    const work = async () => {
      while (left-- > 0) {
        const answer = await pool.request({ method: 'POST', path: '/graphql', headers, body });
        const text = await answer.body.text();
        if (!text.includes('hello')) throw new Error(text);
      }
    };
    await Promise.all(Array.from({ length: connections }, work));
  };
  return {
    variant,
    cpuUs,
    load,
    close: () => (child.disconnect(), pool.close()),
    perRequestUs: [] as number[],
  };
}

async function runBench(): Promise<void> {
  const servers = await Promise.all([...variants, ...variants].map(openServer));
  for (const { load } of servers) await load(warmUpRequests);
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) {
      const before = await server.cpuUs();
      await server.load(requestsPerRound);
      server.perRequestUs.push(((await server.cpuUs()) - before) / requestsPerRound);
    }
  }
  for (const { variant, perRequestUs } of servers) {
    const sorted = perRequestUs.toSorted((a, b) => a - b);
    const [least, median] = [sorted[0], sorted[Math.floor(rounds / 2)]].map((value) => value?.toFixed(1));
    process.stdout.write(
      `${variant.padEnd(22)} ${least} µs of CPU a request at least, ${median} in the median\n`,
    );
  }
  await Promise.all(servers.map(({ close }) => close()));
}

const asked = variants.find((variant) => variant === process.argv[2]);
await (asked === undefined ? runBench() : runServer(asked));
