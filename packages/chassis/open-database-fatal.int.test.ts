// A server that ends a new connection in the same breath in which it accepts it, as a Postgres that is killed may:
// both messages come in one TCP chunk, so no code of ours runs between them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { DatabaseUnavailable } from './database-faults.ts';
import { sql } from './database.ts';
import { openDatabase } from './open-database.ts';

/** One message of the wire protocol: type, length (its own four bytes included), body. */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const authenticationOk = message('R', Buffer.alloc(4));
const backendKey = message('K', Buffer.alloc(8));
const readyForQuery = message('Z', Buffer.from('I'));
const fatal = message(
  'E',
  Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'),
);

/** Lets so many connections live, without ever answering a statement on them; all later ones it ends. */
async function endingServer({ living } = { living: 0 }): Promise<AsyncDisposable & { url: string }> {
  let connections = 0;
  const server = createServer((socket) => {
    const lives = ++connections <= living;
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(Buffer.concat([authenticationOk, backendKey, readyForQuery, ...(lives ? [] : [fatal])]));
      if (!lives) socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://anyone@127.0.0.1:${port}/any`,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

test('a connection that ends while it is handed out fails its statement, not the process', async () => {
  await using server = await endingServer();
  const db = openDatabase({ url: server.url, service: 'unlucky' });
  await assert.rejects(db.query(sql('test.one', 'select 1')), DatabaseUnavailable);
  await assert.rejects(
    db.transaction((tx) => tx.query(sql('test.one', 'select 1'))),
    DatabaseUnavailable,
  );
  await db.close();
});

test('a connection that nobody waits for any more may end while it arrives', async () => {
  await using server = await endingServer();
  const db = openDatabase({ url: server.url, service: 'late', remainingMs: () => 0 });
  await assert.rejects(db.query(sql('test.one', 'select 1')), { code: 'DEADLINE_EXCEEDED' });
  await db.close();
});

test('a listening connection that ends as soon as it is there fails its listen, not the process', async () => {
  await using server = await endingServer();
  const db = openDatabase({ url: server.url, service: 'unlucky' });
  await assert.rejects(
    db.listen('news', () => undefined),
    DatabaseUnavailable,
  );
  await db.close();
});

test('a cancelling connection that ends as soon as it is there is reported, and ends nothing else', async () => {
  await using server = await endingServer({ living: 1 });
  const errors: string[] = [];
  const logError = (error: Error) => void errors.push(error.message);
  const db = openDatabase({ url: server.url, service: 'hurried', remainingMs: () => 100, logError });
  await assert.rejects(db.query(sql('test.one', 'select 1')), { code: 'DEADLINE_EXCEEDED' });
  await db.close();
  assert.ok(errors.includes('the cancelling connection failed'), errors.join());
});
