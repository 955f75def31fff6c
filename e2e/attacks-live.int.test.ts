// The attacks of attacks.int.test.ts over the transports that stay open: a subscription and what is asked on a socket or
// stream meet the same limits, and each error says which one it was.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bankClient } from '@simplebank/testkit';
import { openClientFronts, type ClientFronts } from './client-fronts.fixture.ts';

let fronts: ClientFronts;
before(async () => void (fronts = await openClientFronts()));
after(() => fronts[Symbol.asyncDispose]());

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const follow = (selection: string) =>
  `subscription { orderUpdated(orderId: "ord-1") { order { ${selection} } } }`;
const nested = `${'account { orders { nodes { '.repeat(14)} id ${'} } }'.repeat(14)}`;

const attacks = [
  {
    name: 'a subscription with too many aliases',
    query: follow(times(201, (index) => `alias${index}: status`)),
    code: 'QUERY_TOO_COMPLEX',
    says: /aliases in an operation.* 200 are allowed/,
  },
  {
    name: 'a subscription that is too deep',
    query: follow(nested),
    code: 'QUERY_TOO_COMPLEX',
    says: /levels of fields.* 40 are allowed/,
  },
  {
    name: 'a subscription with too many directives',
    query: follow('status @skip(if: false) '.repeat(201)),
    code: 'QUERY_TOO_COMPLEX',
    says: /201 directives.* 200 are allowed/,
  },
  {
    name: 'a subscription of too many words',
    query: follow('status '.repeat(2_001)),
    code: 'GRAPHQL_PARSE_FAILED',
    says: /2000 tokens/,
  },
  {
    name: 'a query with too many aliases',
    query: `{ ${times(201, (index) => `alias${index}: instruments { symbol }`)} }`,
    code: 'QUERY_TOO_COMPLEX',
    says: /201 aliases.* 200 are allowed/,
  },
  {
    name: 'a question for the schema',
    query: '{ __schema { queryType { name } } }',
    code: 'GRAPHQL_VALIDATION_FAILED',
    says: /introspection/i,
  },
] as const;

interface Refusal {
  readonly message: string;
  readonly extensions: {
    readonly code: string;
    readonly correlationId?: string;
    readonly retryable?: boolean;
  };
}

async function overSocket(bffUrl: string, query: string): Promise<Refusal | undefined> {
  const client = bankClient({ bffUrl, token: fronts.token });
  try {
    const [answer] = await Array.fromAsync(client.follow(query));
    return answer?.errors?.[0] as Refusal | undefined;
  } catch (errors) {
    return (errors as readonly Refusal[])[0];
  } finally {
    await client.close();
  }
}

async function overStream(bffUrl: string, query: string): Promise<Refusal | undefined> {
  const response = await fetch(`${bffUrl}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${fronts.token}` },
    body: JSON.stringify({ query }),
  });
  const data = /^event: next\ndata: (.*)$/m.exec(await response.text())?.[1] ?? '{}';
  return (JSON.parse(data) as { errors?: readonly Refusal[] }).errors?.[0];
}

for (const front of ['bff-web', 'bff-mobile'] as const) {
  for (const [transport, ask] of [
    ['a socket', overSocket],
    ['a stream', overStream],
  ] as const) {
    for (const { name, query, code, says } of attacks) {
      test(`${front} refuses ${name} over ${transport}`, async () => {
        const before = fronts.marketRequests();
        const refusal = await ask(fronts.urls[front], query);
        assert.equal(refusal?.extensions.code, code, JSON.stringify(refusal));
        assert.match(refusal.message, says);
        assert.equal(refusal.extensions.retryable, false);
        assert.match(refusal.extensions.correlationId ?? '', /^[\w-]{36}$/);
        assert.equal(fronts.marketRequests(), before, 'no subgraph is asked');
      });
    }
  }
}
