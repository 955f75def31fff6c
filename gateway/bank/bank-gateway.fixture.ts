// The bank's gateway over real HTTP as tests start it: its own main.ts on the chassis, in front of subgraphs that a test
// scripts.
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import {
  testHost,
  testIdentity,
  testPeer,
  type PeerAnswer,
  type TestPeer,
  type TokenContent,
} from '@simplebank/testkit';
import { start } from '../main.ts';

const link = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@authenticated", "@key", "@requiresScopes"]
)`;

export function composed(subgraphs: Readonly<Record<string, string>>): string {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(subgraphs).map(([name, text]) => ({
      name,
      url: `http://${name}.subgraph`,
      typeDefs: parse(`${link} ${text}`),
    })),
  );
  assert.ok(supergraphSdl !== undefined, String(errors));
  return supergraphSdl;
}

export const critics = 'type Book @key(fields: "id") { id: ID! reviews: [String!] }';

export const shelfAndCritics = composed({
  shelf: `type Query { book(id: ID!): Book } type Book @key(fields: "id") { id: ID! title: String }
          type Mutation { lend(id: ID!): Book }
          type Subscription { bookChanged: Book }`,
  critics,
});

export interface GatewayUnderTest<Name extends string> {
  readonly supergraph: string;
  readonly answers: Readonly<Record<Name, PeerAnswer>>;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: Record<string, unknown> }[];
}

export async function openGateway<Name extends string>(given: GatewayUnderTest<Name>) {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-test-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, 'supergraph.graphql');
  await writeFile(file, given.supergraph);
  const identity = stack.use(await testIdentity());
  const peers = {} as Record<Name, TestPeer>;
  for (const [name, answer] of Object.entries(given.answers) as [Name, PeerAnswer][]) {
    const peer = (peers[name] = await testPeer(answer));
    // Looked up at the end: a test may have closed it by then.
    stack.defer(() => peer[Symbol.asyncDispose]());
  }
  const addresses = Object.entries<TestPeer>(peers).map(([name, { address }]) => [name, address] as const);
  const gateway = stack.use(
    testHost({
      service: 'gateway',
      issuer: identity.issuer,
      addresses: { identity: identity.address, ...Object.fromEntries(addresses) },
      environment: { SUPERGRAPH_FILE: file, SUPERGRAPH_POLL_MS: '10', ...given.environment },
    }),
  );
  const { url } = await start(gateway.host);
  const ada = { customerId: 'cus-ada', accountIds: [] };

  async function ask(query: string, headers: Record<string, string> = {}, rest: object = {}): Promise<Asked> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, ...rest }),
    });
    const text = await response.text();
    const answer = JSON.parse(text) as Pick<Asked, 'data' | 'errors'>;
    return { status: response.status, headers: response.headers, text, ...answer };
  }

  const parts = stack.move();
  return {
    url,
    peers,
    logs: gateway.logs,
    token: identity.tokenFor(ada),
    ask,
    bearer: (content: Partial<TokenContent> = {}) => ({
      authorization: `Bearer ${identity.tokenFor({ ...ada, ...content })}`,
    }),
    /** At once, as a deployment would: whoever looks never sees half a file. */
    async deploy(supergraph: string): Promise<void> {
      await writeFile(`${file}.new`, supergraph);
      await rename(`${file}.new`, file);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
