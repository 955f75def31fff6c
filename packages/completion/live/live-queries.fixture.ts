// An order's log behind the twin field, live queries over it, and subscribers that keep what they get.
import { buildSchema, type GraphQLFormattedError } from 'graphql';
import { toldChanges } from './changes.fixture.ts';
import { createCursors } from './cursor.ts';
import type { GatewayAnswer } from '../gateway-client.ts';
import { LiveQueries } from './live-queries.ts';
import type { EncodedPayload, Holder, LiveRead, Subscriber } from './live-subscriber.ts';
import { afterName, finalAlias, firstName, prepare, sequenceAlias } from './twin.ts';

const schema = buildSchema(`
  type Query { orderUpdates(orderId: ID!, afterSequence: Int, first: Int!): [OrderUpdate!]! }
  type Subscription { orderUpdated(orderId: ID!, after: String): OrderUpdate! }
  type OrderUpdate { sequence: Int! final: Boolean! event(format: String): String! }
`);
const cursors = createCursors('a secret of the test');
const text =
  'subscription ($id: ID!, $format: String) { orderUpdated(orderId: $id) { event(format: $format) } }';

export interface Got extends Subscriber {
  holder: Holder;
  readonly events: number[];
  readonly texts: string[];
  readonly ended: (readonly GraphQLFormattedError[] | undefined)[];
  /** What a slow client waits for. */
  slow: Promise<void> | undefined;
}

export function orderStory(final: number) {
  const changes = toldChanges();
  const log = { length: 1 };
  const reads: LiveRead[] = [];
  const faults: unknown[] = [];
  /** Answers instead of the log, each once. */
  const script: (() => Promise<GatewayAnswer>)[] = [];
  const page = ({ variables }: LiveRead): GatewayAnswer => {
    const after = variables[afterName] as number | null;
    const from = after === null ? log.length : after + 1;
    const count = Math.max(0, Math.min(log.length - from + 1, variables[firstName] as number));
    return {
      data: {
        orderUpdated: Array.from({ length: count }, (_, index) => ({
          event: `event ${from + index}`,
          [sequenceAlias]: from + index,
          [finalAlias]: from + index === final,
        })),
      },
    };
  };
  const queries = new LiveQueries({
    changes,
    cursors,
    async ask(read) {
      reads.push(read);
      return (await script.shift()?.()) ?? page(read);
    },
    onRetry() {},
    onFault: (fault) => void faults.push(fault),
  });
  const prepared = prepare(
    schema,
    { orderUpdated: { twin: 'orderUpdates', key: 'orderId', stream: 'orders' } },
    text,
    undefined,
  );
  if (prepared.kind !== 'live') throw new Error('the document is a live one');
  const { document } = prepared;
  const all: Got[] = [];
  const follow = (after: number | undefined, given: Partial<Holder> = {}, format?: string | null): Got => {
    const got: Got = {
      holder: {
        authorization: 'Bearer ada',
        customerId: 'cus-ada',
        rights: 'ada',
        sessionId: undefined,
        expiresAtMs: Date.now() + 60_000,
        ...given,
      },
      events: [],
      texts: [],
      ended: [],
      slow: undefined,
      next(payload: EncodedPayload) {
        got.texts.push(payload.text);
        got.events.push(Number(payload.cursor.split(/\D/)[0]));
        return got.slow;
      },
      room: () => got.slow,
      end: (errors) => void got.ended.push(errors),
    };
    const scope = { field: 'orderUpdated', key: 'ord-1' };
    const progress = after === undefined ? undefined : { sequence: after, final: after === final };
    all.push(got);
    queries.subscribe({ document, variables: { id: 'ord-1', format }, scope, progress }, got);
    return got;
  };
  const happen = () => {
    log.length += 1;
    changes.tell('orders', 'ord-1');
  };
  return {
    changes,
    log,
    reads,
    faults,
    script,
    queries,
    follow,
    happen,
    [Symbol.dispose]() {
      for (const got of all) queries.leave(got);
    },
  };
}
