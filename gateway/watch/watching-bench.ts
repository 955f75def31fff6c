// What watching costs: CPU microseconds of a trivial request from the HTTP front to the answer's text (one fetch, which
// a constant answers; without sockets, whose noise is larger than what is measured), with nothing watched, with
// metrics, and with metrics and tracing where no provider is registered. Each variant runs in two processes of its
// own, in turns: what the two differ by is noise. A whole trivial request over HTTP takes 25 to 30 µs (http-bench.ts).
//   node watch/watching-bench.ts
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { createEngine } from '../engine.ts';
import type { HttpFront } from '../http/http-front.ts';
import { createHttpFront } from '../http/http-front.ts';
import type { SubgraphFetcher } from '../subgraph-fetch.ts';
import { joinWatches } from './engine-watch.ts';
import { createGatewayMetrics, type GatewayMetrics } from './gateway-metrics.ts';
import { createTracing } from './tracing.ts';

const rounds = 30;
const requestsPerRound = 10_000;
/** Before anything is measured, so that the code is compiled. */
const warmUpRequests = 50_000;

const variants = ['nothing', 'metrics', 'metrics and tracing'] as const;
type Variant = (typeof variants)[number];

const { supergraphSdl = '' } = composeServices([
  { name: 'a', url: 'http://a.test', typeDefs: parse('type Query { greeting: String }') },
]);

function constantFetcher(onFetch: GatewayMetrics['onFetch'] | undefined): SubgraphFetcher {
  return {
    async fetch({ subgraph }) {
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

async function openFront(variant: Variant): Promise<HttpFront> {
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
  return metrics?.watchedFront(front) ?? front;
}

const body = Buffer.from(JSON.stringify({ query: 'query Greeting { greeting }' }));

async function answer(front: HttpFront, requests: number): Promise<void> {
  for (let index = 0; index < requests; index++) {
    const { body: text } = await front.answerHttp({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', accept: '*/*', authorization: 'Bearer of-nothing' },
      body: body.toString(),
      signal: undefined,
    });
    if (text !== '{"data":{"greeting":"hello"}}') throw new Error(String(text));
  }
}

/** In a process of its own: answers each message with the CPU microseconds of a round. */
async function runRounds(variant: Variant): Promise<void> {
  const front = await openFront(variant);
  await answer(front, warmUpRequests);
  process.on('message', async () => {
    const before = process.cpuUsage();
    await answer(front, requestsPerRound);
    const { user, system } = process.cpuUsage(before);
    process.send?.((user + system) / requestsPerRound);
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

async function runBench(): Promise<void> {
  const children = await Promise.all(
    [...variants, ...variants].map(async (variant) => {
      const child = fork(fileURLToPath(import.meta.url), [variant]);
      await once(child, 'message');
      return { variant, child, roundsUs: [] as number[] };
    }),
  );
  for (let round = 0; round < rounds; round++) {
    for (const { child, roundsUs } of children) {
      child.send('round');
      const [us] = (await once(child, 'message')) as [number];
      roundsUs.push(us);
    }
  }
  for (const { variant, child, roundsUs } of children) {
    child.disconnect();
    const sorted = roundsUs.toSorted((a, b) => a - b);
    const [least, median] = [sorted[0], sorted[rounds / 2]].map((us) => us?.toFixed(2));
    process.stdout.write(`${variant.padEnd(20)} least ${least} µs a request, median ${median} µs\n`);
  }
}

const asked = variants.find((variant) => variant === process.argv[2]);
await (asked === undefined ? runBench() : runRounds(asked));
