// The exchange's own statement and its fault switches, over HTTP on the loopback interface: for tests and for the
// ledger check, which compares the bank's books with what the outside party says. The bank itself never uses it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { averagePrice, leaves, type ClientOrder } from './domain/client-order.ts';
import { formatPrice } from './domain/decimal.ts';
import type { ExchangeState } from './domain/exchange-state.ts';
import type { FaultSwitches } from './faults.ts';

const MAX_BODY_BYTES = 16 * 1024;
const HOST = '127.0.0.1';

const often = z.number().int().min(0).max(1_000_000);
const faultChanges = z
  .strictObject({
    delayMs: z.number().int().min(0).max(60_000),
    dropNext: often,
    dropEvery: often,
    duplicateNext: often,
    duplicateEvery: often,
    loseNext: often,
    halted: z.array(z.string().max(32)).max(1_000),
    dropConnection: z.literal(true),
  })
  .partial();

interface ControlOptions {
  readonly port: number;
  readonly state: ExchangeState;
  readonly faults: FaultSwitches;
}

export interface Control {
  readonly port: number;
  close(): Promise<void>;
}

export function startControl({ port, state, faults }: ControlOptions): Promise<Control> {
  const server = createServer((request, response) => {
    answer(request, state, faults).then(
      ({ status, body }) => reply(response, status, body),
      () => reply(response, 500, { error: 'internal error' }),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: HOST }, () => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') throw new Error('an HTTP server has a port');
      resolve({
        port: bound.port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}

type Answer = { status: number; body: unknown };

async function answer(
  request: IncomingMessage,
  state: ExchangeState,
  faults: FaultSwitches,
): Promise<Answer> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /healthz':
      return { status: 200, body: { status: 'ok' } };
    case 'GET /orders':
      return { status: 200, body: [...state.orders.values()].map(describeOrder) };
    case 'GET /executions':
      return { status: 200, body: [...state.orders.values()].flatMap(describeExecutions) };
    case 'GET /faults':
      return { status: 200, body: faults.faults };
    case 'POST /faults':
      return setFaults(request, faults);
    default:
      return { status: 404, body: { error: 'not found' } };
  }
}

async function setFaults(request: IncomingMessage, faults: FaultSwitches): Promise<Answer> {
  // A page in a browser on this machine could post a form here, but not JSON without asking first.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return { status: 415, body: { error: 'the body must be application/json' } };
  }
  const text = await readBody(request);
  if (text === undefined) return { status: 413, body: { error: `the body is over ${MAX_BODY_BYTES} bytes` } };
  const parsed = faultChanges.safeParse(parseJson(text));
  if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
  const { dropConnection, ...changes } = parsed.data;
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  faults.set(Object.fromEntries(given));
  if (dropConnection === true) faults.dropConnection();
  return { status: 200, body: faults.faults };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const describeOrder = (order: ClientOrder): unknown => ({
  orderId: order.orderId,
  clOrdId: order.clOrdId,
  symbol: order.symbol,
  side: order.side,
  status: order.state,
  quantity: String(order.quantity),
  cumulative: String(order.cumulative),
  leaves: String(leaves(order)),
  canceled: String(order.state === 'canceled' ? order.quantity - order.cumulative : 0n),
  averagePrice: formatPrice(averagePrice(order)),
  limit: order.limit === undefined ? null : formatPrice(order.limit),
});

const describeExecutions = (order: ClientOrder): unknown[] =>
  order.executions.map(({ execId, quantity, price, at }) => ({
    execId,
    orderId: order.orderId,
    clOrdId: order.clOrdId,
    symbol: order.symbol,
    side: order.side,
    quantity: String(quantity),
    price: formatPrice(price),
    at: new Date(at).toISOString(),
  }));

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
