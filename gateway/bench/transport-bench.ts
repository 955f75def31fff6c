// What a subgraph request costs the gateway's process, by client: `node gateway/bench/transport-bench.ts [rounds]`.
// 16 clients ask 7 subgraph requests at once, each client request with a token of its own, so that nothing can be
// shared. The variants take turns; the first stands in the table twice (A/A): what lies within their distance is noise.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Pool } from 'undici';
import type { FetchContext } from '../subgraph-fetch.ts';
import { createTransport, type TransportOptions } from '../transport/transport.ts';

const clients = 16;
/** Client requests in one measurement: about a second. */
const requestsPerTurn = 2000;
const rounds = Number(process.argv[2] ?? 10);

/** 7 entity fetches of about 2.5 kB. */
const bodies = Array.from({ length: 7 }, (_, fetch) =>
  JSON.stringify({
    query: 'query($r:[_Any!]!){_entities(representations:$r){...on Product{name price}}}',
    variables: {
      r: Array.from({ length: 50 }, (_, upc) => ({ __typename: 'Product', upc: `${fetch}-${upc}` })),
    },
  }),
);

type Ask = (body: string, context: FetchContext) => Promise<unknown>;

interface Variant {
  readonly name: string;
  readonly ask: Ask;
  readonly close: () => Promise<void>;
  readonly cpuMs: number[];
}

function ofTransport(name: string, url: string, options: Partial<TransportOptions>): Variant {
  const urls = [url];
  const transport = createTransport({ urlsOf: () => urls, ...options });
  const ask: Ask = async (body, context) => {
    const { data, errors } = await transport.fetch({
      subgraph: 's',
      operationKind: 'query',
      body,
      context,
    });
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return data;
  };
  return { name, ask, close: () => transport.close(), cpuMs: [] };
}

function ofUndiciRequest(name: string, url: string): Variant {
  const pool = new Pool(url, { connections: 256, pipelining: 1, allowH2: false });
  const ask: Ask = async (body, { headers, tracingHeaders }) => {
    const answer = await pool.request({
      path: '/',
      method: 'POST',
      headers: [...headers, ...tracingHeaders, ['content-type', 'application/json']].flat(),
      body,
    });
    return JSON.parse(await answer.body.text());
  };
  return { name, ask, close: () => pool.close(), cpuMs: [] };
}

async function measure({ ask, cpuMs }: Variant): Promise<void> {
  let left = requestsPerTurn;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const context: FetchContext = {
        headers: [['authorization', `Bearer ${'token'.repeat(20)}-${left}`]],
        tracingHeaders: [['x-correlation-id', `request-${left}`]],
        deadlineAt: performance.now() + 10_000,
        signal: new AbortController().signal,
      };
      await Promise.all(bodies.map((body) => ask(body, context)));
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: clients }, client));
  const { user, system } = process.cpuUsage(before);
  cpuMs.push((user + system) / 1000);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function table(variants: readonly Variant[]): string {
  const perThousand = (cpuMs: number): string => (cpuMs / requestsPerTurn).toFixed(3);
  const first = median(variants[0]?.cpuMs ?? []);
  const lines = variants.map(({ name, cpuMs }) => {
    const middle = median(cpuMs);
    const range = `${perThousand(Math.min(...cpuMs))}–${perThousand(Math.max(...cpuMs))}`;
    return `| ${name} | ${perThousand(middle)} | ${range} | ${(middle / first).toFixed(2)} |`;
  });
  return [
    `| client | CPU s a thousand client requests (7 fetches each), median of ${rounds} | range | ratio |`,
    '|---|---|---|---|',
    ...lines,
  ].join('\n');
}

const server = fork(new URL('transport-bench-server.ts', import.meta.url));
const [port] = (await once(server, 'message')) as [number];
const url = `http://127.0.0.1:${port}/`;
const variants = [
  ofTransport('transport, own client', url, {}),
  ofTransport('the same again (A/A)', url, {}),
  ofTransport('without de-duplication', url, { deduplicates: false }),
  ofTransport('transport, undici.dispatch', url, { client: 'undici' }),
  ofUndiciRequest('undici.request and JSON.parse, nothing else', url),
];
for (let round = -1; round < rounds; round++) {
  // Each round begins with another one, since what a variant leaves to the collector its follower pays.
  for (const index of variants.keys()) {
    const variant = variants[(index + round + variants.length) % variants.length];
    if (variant !== undefined) await measure(variant);
  }
  if (round === -1) for (const { cpuMs } of variants) cpuMs.length = 0; // warm-up
}
process.stdout.write(`Node ${process.version}\n\n${table(variants)}\n`);
await Promise.all(variants.map(({ close }) => close()));
server.disconnect();
