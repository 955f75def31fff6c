// The subgraphs of a scenario in one process, so cheap that the gateway dominates: GraphQL answers what it has not been
// asked yet, and what it has been asked comes from memory, by the exact bytes of the request.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, type GraphQLSchema } from 'graphql';
import { HttpMessages, type HttpMessage } from './http-messages.ts';
import type { BenchSubgraphs } from './scenario.ts';

export interface SubgraphCounts {
  readonly requests: number;
  readonly withoutAuthorization: number;
  readonly cpuMicroseconds: number;
}

/** Answers kept; a scenario has some hundreds. More means that requests never repeat, and the memory is full of waste. */
const mostRemembered = 5_000;

const [module = '', source = ''] = process.argv.slice(2);
const { openSubgraphs } = (await import(module)) as { openSubgraphs: (source: string) => BenchSubgraphs };
const { subgraphs, latencyMs } = openSubgraphs(source);
const schemas = new Map<string, GraphQLSchema>(
  Object.entries(subgraphs).map(([name, { sdl, resolvers }]) => [
    `/${name}`,
    buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers as never }),
  ]),
);
const remembered = new Map<string, Buffer>();
let requests = 0;
let withoutAuthorization = 0;

function receive(socket: Socket, { head, body }: HttpMessage): void {
  requests += 1;
  if (!/\r\nauthorization: /i.test(head)) withoutAuthorization += 1;
  const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'));
  const key = `${path} ${body.toString('latin1')}`;
  const known = remembered.get(key);
  if (known !== undefined) return send(socket, known);
  void answer(path, body.toString('utf8')).then((bytes) => {
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(key, bytes);
    send(socket, bytes);
  });
}

function send(socket: Socket, bytes: Buffer): void {
  if (latencyMs === 0) socket.write(bytes);
  else setTimeout(() => socket.write(bytes), latencyMs);
}

async function answer(path: string, body: string): Promise<Buffer> {
  const schema = schemas.get(path);
  if (schema === undefined) throw new Error(`no subgraph stands at ${path}`);
  const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> };
  const result = await execute({ schema, document: parse(query), variableValues: variables ?? null });
  const bytes = Buffer.from(JSON.stringify(result));
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

const server = createServer((socket) => {
  socket.setNoDelay(true);
  const messages = new HttpMessages((message) => receive(socket, message));
  socket.on('data', (piece: Buffer) => messages.push(piece));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const counts: SubgraphCounts = { requests, withoutAuthorization, cpuMicroseconds: user + system };
  process.send?.(counts);
});
process.on('disconnect', () => process.exit());
process.send?.((server.address() as AddressInfo).port);
