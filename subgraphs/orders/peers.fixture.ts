// The services around orders, scripted for tests: real HTTP servers on the contracts' endpoints, with a world in
// memory that checks what it is asked to do. The whole way with the real services is tested in e2e/.
import { answers, openHost, PublicError, type InternalRoute, type RunningService } from '@simplebank/chassis';
import * as contracts from '@simplebank/contracts';
import { uuidv7, type Bus, type EventEnvelope } from '@simplebank/events';

export interface PeersWiring {
  readonly serviceTokenSecret: string;
  readonly addresses: Map<string, string>;
  readonly bus: Bus;
}

type Fill = { readonly quantity: string; readonly price: string };
type Reserved = { readonly accountId: string; readonly hold: unknown; released: boolean };

/** What the peers know and do; tests set it before they place an order. */
export interface PeerWorld {
  accounts: Map<string, { status: 'OPEN' | 'CLOSED'; orderLimit: string }>;
  /** Shares of ACME that each account has available. */
  shares: Map<string, number>;
  cash: string;
  /** Null: the exchange has not quoted ACME. */
  quote: { bid: string; ask: string; last: string } | null;
  /** How each routed order is filled; what they leave open works until it is canceled. */
  fills: readonly Fill[];
  /** Services that answer with a fault. */
  silent: Set<string>;
  /** Paths that answer 400, as to a body that does not fit. */
  refusing: Set<string>;
  /** Paths that answer only when their promise resolves. */
  readonly held: Map<string, Promise<void>>;
  readonly calls: Map<string, number>;
  readonly reserved: Map<string, Reserved>;
  readonly postings: Map<string, string>;
  readonly fees: Map<string, string>;
}

export interface Peers extends AsyncDisposable {
  readonly world: PeerWorld;
  /** Publishes a report of the exchange, as the market service does. */
  report<T extends contracts.MarketEventType>(
    orderId: string,
    type: T,
    data: contracts.MarketEventData<T>,
  ): Promise<void>;
}

export async function startPeers({ serviceTokenSecret, addresses, bus }: PeersWiring): Promise<Peers> {
  const world: PeerWorld = {
    accounts: new Map([
      ['acc-1', { status: 'OPEN', orderLimit: '250000.00' }],
      ['acc-2', { status: 'OPEN', orderLimit: '250000.00' }],
      ['acc-closed', { status: 'CLOSED', orderLimit: '250000.00' }],
    ]),
    shares: new Map([
      ['acc-1', 1000],
      ['acc-2', 1000],
    ]),
    cash: '100000.00',
    quote: { bid: '120.00', ask: '120.10', last: '120.05' },
    fills: [
      { quantity: '4', price: '120.00' },
      { quantity: '6', price: '119.99' },
    ],
    silent: new Set(),
    refusing: new Set(),
    held: new Map(),
    calls: new Map(),
    reserved: new Map(),
    postings: new Map(),
    fees: new Map(),
  };
  const sequences = new Map<string, number>();
  const routed = new Map<
    string,
    { symbol: string; side: 'BUY' | 'SELL'; quantity: string; filled: number }
  >();

  async function report(orderId: string, type: contracts.MarketEventType, data: unknown): Promise<void> {
    const sequence = (sequences.get(orderId) ?? 0) + 1;
    sequences.set(orderId, sequence);
    const occurredAt = new Date().toISOString();
    const ids = { id: uuidv7(), aggregateId: orderId, correlationId: `market-${orderId}` };
    const envelope: EventEnvelope = {
      ...ids,
      type,
      version: 1,
      source: 'market',
      sequence,
      occurredAt,
      data,
      causationId: null,
      traceparent: null,
    };
    await bus.publish(contracts.marketStream, [envelope]);
  }

  async function fillAll(orderId: string): Promise<void> {
    const route = routed.get(orderId);
    if (route === undefined) return;
    await report(orderId, 'RouteAcknowledged', { exchangeOrderId: `x-${orderId}` });
    for (const [index, fill] of world.fills.entries()) {
      route.filled += Number(fill.quantity);
      await report(orderId, 'ExecutionReported', {
        executionId: `${orderId}-${index + 1}`,
        symbol: route.symbol,
        side: route.side,
        ...fill,
        cumulative: String(route.filled),
        leaves: String(Number(route.quantity) - route.filled),
        executedAt: new Date().toISOString(),
      });
    }
  }

  const routes: Record<string, InternalRoute[]> = {
    customers: [
      answers(contracts.getAccount, async ({ accountId: id }) => {
        const found = world.accounts.get(id);
        if (found === undefined) return { account: null };
        const { status, orderLimit: amount } = found;
        const orderLimit = { amount, currency: 'USD' };
        return { account: { id, customerId: 'cus-1', status, currency: 'USD', orderLimit } };
      }),
    ],
    accounts: accountsRoutes(world),
    market: [
      answers(contracts.getInstrument, async ({ symbol }) => {
        if (symbol !== 'ACME') return { instrument: null };
        const { quote } = world;
        return {
          instrument: { symbol, currency: 'USD', tickSize: '0.01', lotSize: '1', open: true, quote },
        };
      }),
      answers(contracts.routeOrder, async ({ orderId, symbol, side, quantity }) => {
        if (world.reserved.get(orderId)?.released !== false) throw new Error(`${orderId} is not reserved`);
        if (!routed.has(orderId)) {
          routed.set(orderId, { symbol, side, quantity, filled: 0 });
          await fillAll(orderId);
        }
        return { outcome: 'accepted' as const };
      }),
      answers(contracts.cancelRoute, async ({ orderId }) => {
        const route = routed.get(orderId);
        if (route === undefined) return rejection('UNKNOWN_ROUTE');
        await report(orderId, 'RouteCanceled', { cumulative: String(route.filled) });
        return { outcome: 'accepted' as const };
      }),
    ],
    fees: [
      answers(contracts.quoteFee, async () => ({
        scheduleId: 'schedule-1',
        estimate: usd('1.50'),
        ceilingRule: { basisPoints: 10, perLot: usd('0.03') },
      })),
      answers(contracts.chargeFee, async ({ executionId }) => {
        world.fees.set(executionId, '0.75');
        return { outcome: 'charged' as const, total: usd('0.75'), scheduleId: 'schedule-1' };
      }),
    ],
  };

  const running: RunningService[] = [];
  for (const [service, internal] of Object.entries(routes)) {
    const host = openHost({
      service,
      host: '127.0.0.1',
      port: 0,
      environment: { LOG_LEVEL: 'silent' },
      serviceTokenSecret,
      issuer: 'test',
      replicasOf: () => [],
    });
    const counted = internal.map((route) => counting(world, service, route));
    const typeDefs = 'type Query { nothing: Int }';
    const peer = await host.serveSubgraph({
      typeDefs,
      resolvers: {},
      loaders: () => ({}),
      internal: counted,
    });
    running.push(peer);
    addresses.set(service, peer.url);
  }
  return {
    world,
    report,
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((peer) => peer.stop()));
    },
  };
}

/** A ledger that knows shares only by number, but never reserves twice, oversells or posts without reservation. */
function accountsRoutes(world: PeerWorld): InternalRoute[] {
  return [
    answers(contracts.getAvailability, async ({ accountId }) => ({
      cash: usd(world.cash),
      shares: String(world.shares.get(accountId) ?? 0),
    })),
    answers(contracts.reserveForOrder, async ({ orderId, accountId, hold }) => {
      const known = world.reserved.get(orderId);
      if (known?.released === true) return rejection('RESERVATION_RESOLVED');
      if (known !== undefined) return { outcome: 'reserved' as const };
      if (hold.kind === 'shares') {
        const available = world.shares.get(accountId) ?? 0;
        if (Number(hold.quantity) > available) return rejection('INSUFFICIENT_SHARES');
        world.shares.set(accountId, available - Number(hold.quantity));
      }
      world.reserved.set(orderId, { accountId, hold, released: false });
      return { outcome: 'reserved' as const };
    }),
    answers(contracts.postTrade, async ({ orderId, executionId, principal }) => {
      if (world.reserved.get(orderId)?.released !== false) return rejection('UNKNOWN_RESERVATION');
      world.postings.set(executionId, principal.amount);
      return { outcome: 'posted' as const };
    }),
    answers(contracts.postFee, async ({ executionId, fee }) => {
      if (!world.postings.has(executionId)) return rejection('UNKNOWN_RESERVATION');
      if (world.fees.get(executionId) !== fee.amount) return rejection('TRANSFER_ID_REUSED');
      return { outcome: 'posted' as const };
    }),
    answers(contracts.releaseReservation, async ({ orderId }) => {
      const known = world.reserved.get(orderId) ?? { accountId: '', hold: null, released: true };
      known.released = true;
      world.reserved.set(orderId, known);
      return { outcome: 'released' as const };
    }),
  ];
}

function counting(world: PeerWorld, service: string, { path, answer }: InternalRoute): InternalRoute {
  return {
    path,
    async answer(body) {
      world.calls.set(path, (world.calls.get(path) ?? 0) + 1);
      await world.held.get(path);
      if (world.silent.has(service) || world.silent.has(path)) throw new Error(`${service} is out of order`);
      if (world.refusing.has(path))
        throw new PublicError({ code: 'BAD_REQUEST', message: 'It does not fit.' });
      return answer(body);
    },
  };
}

function rejection(code: contracts.ErrorCode) {
  return { outcome: 'rejected' as const, rejection: { code, message: contracts.errorCodes[code].message } };
}

function usd(amount: string) {
  return { amount, currency: 'USD' };
}
