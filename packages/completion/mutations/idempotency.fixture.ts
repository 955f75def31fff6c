// Two processes' worth of a BFF that asks for idempotency keys, on one database; the gateway behind them is scripted.
import { randomUUID } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  answerJson,
  testDatabase,
  testHost,
  testIdentity,
  testPeer,
  type PeerAnswer,
  type TokenContent,
} from '@simplebank/testkit';
import { serveClientApi } from '../client-api.ts';
import { idempotencyMigrations } from './idempotency-store.ts';

const mutation = 'mutation ($n: Int) { add(n: $n) }';

export interface Sent {
  readonly query?: string;
  readonly variables?: object;
  /** Null sends none. */
  readonly key?: string | null;
  readonly content?: Partial<TokenContent>;
  readonly replica?: 0 | 1;
}

/** Each mutation that is carried out has the next number. */
export function counting(): PeerAnswer {
  let count = 0;
  return (_request, response) => answerJson(response, { data: { add: (count += 1) } });
}

export async function openIdempotentBffs(answer: PeerAnswer = counting()) {
  await using started = new AsyncDisposableStack();
  const database = started.use(
    await testDatabase({ migrations: [{ name: 'idempotency', folder: idempotencyMigrations }] }),
  );
  const bus = started.use(await testDatabase());
  const identity = started.use(await testIdentity());
  const gateway = started.use(await testPeer(answer));
  const folder = started.use(await mkdtempDisposable(join(tmpdir(), 'idempotency-test-')));
  const apiSchemaFile = join(folder.path, 'api.graphql');
  await writeFile(apiSchemaFile, 'type Query { n: Int } type Mutation { add(n: Int): Int }');
  const start = async () => {
    const bff = started.use(
      testHost({
        service: 'bff-mobile',
        issuer: identity.issuer,
        databaseUrl: database.url,
        busUrl: bus.url,
        addresses: { gateway: gateway.address, identity: identity.address },
      }),
    );
    const own = await bff.host.database({ name: 'idempotency', folder: idempotencyMigrations });
    return serveClientApi(bff.host, {
      apiSchemaFile,
      cursorSecret: 'x'.repeat(32),
      liveFields: {},
      idempotency: { database: own, isRequired: true },
    });
  };
  const replicas = [await start(), await start()] as const;
  const parts = started.move();
  const tokenOf = (content: Partial<TokenContent> = {}) =>
    identity.tokenFor({ customerId: 'cus-ada', accountIds: [], ...content });
  return {
    db: database.db,
    gateway,
    replicas,
    tokenOf,
    async send({ query = mutation, variables = {}, key = randomUUID(), content, replica = 0 }: Sent) {
      const response = await fetch(`${replicas[replica].url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${tokenOf(content)}`,
          ...(key === null ? {} : { 'idempotency-key': key }),
        },
        body: JSON.stringify({ query, variables }),
      });
      const text = await response.text();
      const { errors } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
      const code = errors?.[0]?.extensions.code;
      const consistency = response.headers.get('x-consistency');
      return {
        consistency,
        status: response.status,
        text,
        code,
        retryAfter: response.headers.get('retry-after'),
      };
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
