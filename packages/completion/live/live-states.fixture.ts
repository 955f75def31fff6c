// A state behind the twin field, live states over it, and subscribers that keep what they get.
import { buildSchema, type GraphQLFormattedError } from 'graphql';
import { toldChanges } from './changes.fixture.ts';
import { createCursors } from './cursor.ts';
import type { GatewayAnswer } from '../gateway-client.ts';
import { LiveStates } from './live-states.ts';
import type { Holder, LiveRead, Subscriber } from './live-subscriber.ts';
import { prepare, versionAlias, type StateDocument } from './twin.ts';

const schema = buildSchema(`
  type Query { account(id: ID!): Account quotes(symbols: [String!]!): Quotes! }
  type Subscription {
    accountUpdated(accountId: ID!, after: String): Account!
    quotesUpdated(symbols: [String!]!, after: String): Quotes!
  }
  type Account { cash: Int! }
  type Quotes { version: Float! bid: Int! mine: Int }
`);
export const cursors = createCursors('a secret of the test');
export const texts = {
  account: 'subscription ($id: ID!) { accountUpdated(accountId: $id) { cash } }',
  quotes: 'subscription { quotesUpdated(symbols: ["ACME"]) { bid } }',
  ownQuotes: 'subscription { quotesUpdated(symbols: ["ACME"]) { bid mine } }',
} as const;
export const channel = 'orders by accountId';

export interface Got extends Subscriber {
  holder: Holder;
  readonly states: unknown[];
  readonly cursorsGot: string[];
  readonly texts: string[];
  readonly ended: (readonly GraphQLFormattedError[] | undefined)[];
  /** What a slow client waits for. */
  full: Promise<void> | undefined;
}

export function followedState({ pollMs = 60_000 } = {}) {
  const changes = toldChanges();
  const state: Record<string, unknown> = { cash: 1, bid: 1, mine: 1, [versionAlias]: 1 };
  const reads: LiveRead[] = [];
  const faults: unknown[] = [];
  /** Answers instead of the state, each once. */
  const script: (() => Promise<GatewayAnswer>)[] = [];
  const counted = { coalesced: 0 };
  const states = new LiveStates({
    changes,
    cursors,
    async ask(read) {
      reads.push(read);
      return (await script.shift()?.()) ?? { data: { [read.field]: shown(read, state) } };
    },
    onRetry() {},
    onFault: (fault) => void faults.push(fault),
    onCoalesced: () => (counted.coalesced += 1),
    readsApartMs: 0,
  });
  const documents = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, prepared(text, pollMs)]),
  ) as Record<keyof typeof texts, StateDocument>;
  const all: Got[] = [];
  function follow(name: keyof typeof texts = 'account', { seen = '', ...given }: Following = {}): Got {
    const got: Got = {
      holder: {
        authorization: 'Bearer ada',
        customerId: 'cus-ada',
        rights: 'ada',
        expiresAtMs: Date.now() + 60_000,
        sessionId: undefined,
        ...given,
      },
      states: [],
      cursorsGot: [],
      texts: [],
      ended: [],
      full: undefined,
      next({ text, cursor }) {
        const [shownState] = Object.values((JSON.parse(text) as { data: object }).data);
        got.states.push(shownState);
        got.texts.push(text);
        got.cursorsGot.push(cursor);
        return undefined;
      },
      room: () => got.full,
      end: (errors) => void got.ended.push(errors),
    };
    all.push(got);
    const document = documents[name];
    const key = name === 'account' ? 'acc-1' : 'ACME';
    const scope = { field: document.field, key };
    states.subscribe({ document, variables: { id: 'acc-1' }, scope, seen }, got);
    return got;
  }
  const become = (changed: Record<string, unknown>) => {
    Object.assign(state, changed);
    changes.tell(channel, 'acc-1');
  };
  return {
    changes,
    reads,
    faults,
    script,
    states,
    counted,
    follow,
    become,
    [Symbol.dispose]() {
      for (const got of all) states.leave(got);
    },
  };
}

interface Following extends Partial<Holder> {
  readonly seen?: string;
}

function prepared(text: string, pollMs: number): StateDocument {
  const account = { news: { stream: 'orders', by: 'accountId' }, twinKey: 'id' };
  const quotes = { pollMs, isVersioned: true, forEveryone: ['Quotes.version', 'Quotes.bid'] };
  const liveFields = {
    accountUpdated: { twin: 'account', key: 'accountId', state: account },
    quotesUpdated: { twin: 'quotes', key: 'symbols', state: quotes },
  };
  const found = prepare(schema, liveFields, text, undefined);
  if (found.kind !== 'state') throw new Error('the document is one of a state');
  return found.document;
}

function shown({ query }: LiveRead, state: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.entries(state).filter(([name]) => query.includes(name)));
}
