// What the HTTP front costs: CPU seconds of the server process for a thousand trivial POSTs, with a constant handler
// behind the front, against a bare node:http server that echoes the body. Every server runs twice (A and B): where
// those two differ, a difference between servers of that size means nothing.
//   node bench/http-bench.ts
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import type { HttpFrontOptions } from '../http/front-options.ts';
import { createHttpFront } from '../http/http-front.ts';
import { serveNodeHttp } from '../http/serve-node-http.ts';

const rounds = 12;
const requestsPerRound = 4_000;
/** Before anything is measured, so that the code is compiled. */
const warmUpRequests = 12_000;
const connections = 16;

const query = JSON.stringify({ query: '{ __typename }' });
const answerText = '{"data":{"__typename":"Query"}}';

const servers: Readonly<Record<string, () => Promise<number>>> = {
  echo: serveEcho,
  front: () => serveFront({}),
  'front, all on': () =>
    serveFront({
      cors: { origins: ['https://app.example.com'], credentials: true },
      callerOf: () => ({ isAuthenticated: true, scopes: new Set(), policies: new Set() }),
      makeTraceparent: true,
    }),
};

const headers: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  accept: '*/*',
  authorization: 'Bearer of-nothing',
  'user-agent': 'bench',
};

async function serveEcho(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function serveFront(options: HttpFrontOptions): Promise<number> {
  const answer = { kind: 'executed', text: answerText, hasData: true } as const;
  const front = createHttpFront({ handle: () => Promise.resolve(answer) }, options);
  return (await serveNodeHttp({ front, port: 0 })).port;
}

async function serveAsChild(name: string): Promise<void> {
  const serve = servers[name];
  if (serve === undefined) throw new Error(`no server is called ${name}`);
  const port = await serve();
  process.on('message', () => process.send?.(process.cpuUsage()));
  process.on('disconnect', () => process.exit());
  process.send?.(port);
}

interface Contestant {
  readonly name: string;
  readonly child: ChildProcess;
  readonly pool: Pool;
  /** CPU microseconds a request, one entry a round. */
  readonly costs: number[];
}

async function start(name: string, run: string): Promise<Contestant> {
  const child = fork(fileURLToPath(import.meta.url), [name]);
  const [port] = (await once(child, 'message')) as [number];
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections });
  return { name: `${name} ${run}`, child, pool, costs: [] };
}

async function cpuMicroseconds({ child }: Contestant): Promise<number> {
  child.send('cpu');
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  return user + system;
}

async function load({ pool }: Contestant, requests: number): Promise<void> {
  let left = requests;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      const response = await pool.request({ path: '/graphql', method: 'POST', body: query, headers });
      await response.body.text();
      if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
}

async function main(): Promise<void> {
  const contestants: Contestant[] = [];
  for (const run of ['A', 'B']) {
    for (const name of Object.keys(servers)) contestants.push(await start(name, run));
  }
  for (const contestant of contestants) await load(contestant, warmUpRequests);
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of contestants) {
      const before = await cpuMicroseconds(contestant);
      await load(contestant, requestsPerRound);
      contestant.costs.push(((await cpuMicroseconds(contestant)) - before) / requestsPerRound);
    }
  }
  const bare = median(
    contestants.filter(({ name }) => name.startsWith('echo')).flatMap(({ costs }) => costs),
  );
  const lines = contestants.map(
    ({ name, costs }) =>
      `${name.padEnd(18)} ${(median(costs) / 1000).toFixed(4)} CPU s/1k   ${(median(costs) / bare).toFixed(2)} × echo`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
  for (const { child, pool } of contestants) {
    await pool.close();
    child.disconnect();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const asChild = process.argv[2];
if (asChild === undefined) await main();
else await serveAsChild(asChild);
