// States over real sockets and streams: the newest one, resumed by its cursor, and what becomes of a client that is slow.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { startSubscriptions, type Message } from '../subscription-server.fixture.ts';

const follow =
  'subscription ($id: ID!, $after: String) { accountUpdated(accountId: $id, after: $after) { cash } }';

type Bff = Awaited<ReturnType<typeof startSubscriptions>>;

interface Payload {
  readonly data: { readonly accountUpdated: { readonly cash: string } };
  readonly extensions: { readonly cursor: string };
}

async function following(bff: Bff, after?: string) {
  const socket = await bff.socket();
  await socket.signIn();
  const variables = { id: 'acc-1001', after };
  socket.send({ id: 'a', type: 'subscribe', payload: { query: follow, variables } });
  const payloads = () =>
    socket.received.filter(({ type }) => type === 'next').map(({ payload }) => payload as Payload);
  const cash = () => payloads().map(({ data }) => data.accountUpdated.cash);
  return { ...socket, payloads, cash };
}

const codeOf = (message: Message | undefined) =>
  (message?.payload as { extensions?: { code?: string } }[] | undefined)?.[0]?.extensions?.code;

test('a socket gets the state, then each newer one, and resumes by its cursor with the newest or nothing', async () => {
  await using bff = await startSubscriptions();
  const first = await following(bff);
  await until('it has the state', () => first.cash().length === 1);
  const { cursor } = first.payloads()[0]?.extensions ?? assert.fail('a state has a cursor');
  const level = await following(bff, cursor);
  await until('it follows', () => bff.changes.listeners() === 1);
  bff.becomes('5');
  await until('both have the next one', () => first.cash().length === 2 && level.cash().length > 0);
  const behind = await following(bff, cursor);
  await until('it has the newest', () => behind.cash().length > 0);
  assert.deepEqual([first.cash(), level.cash(), behind.cash()], [['0', '5'], ['5'], ['5']]);
});

test('a cursor of another account is CURSOR_INVALID, and who may not see the account any more is FORBIDDEN', async () => {
  await using bff = await startSubscriptions();
  const first = await following(bff);
  await until('it has the state', () => first.cash().length === 1);
  const { cursor } = first.payloads()[0]?.extensions ?? assert.fail('a state has a cursor');
  const socket = await bff.socket();
  await socket.signIn();
  for (const [id, variables] of [
    ['b', { id: 'acc-2', after: cursor }],
    ['c', { id: 'acc-1001', after: `A${cursor.slice(1)}` }],
    ['d', { id: 'acc-1001', after: '17' }],
  ] as const) {
    socket.send({ id, type: 'subscribe', payload: { query: follow, variables } });
    assert.equal(codeOf(await socket.next(id)), 'CURSOR_INVALID', id);
  }
  bff.becomes(null);
  await until('it is refused', () => first.received.some(({ type }) => type === 'error'));
  assert.equal(codeOf(first.received.at(-1)), 'FORBIDDEN');
  assert.equal(bff.changes.listeners(), 0);
});

/** Larger than what the network between takes by itself. */
const large = 'x'.repeat(1024 * 1024);

test('a socket that takes nothing for a while is not cut off, and gets the newest state alone', async () => {
  await using bff = await startSubscriptions();
  const [slow, quick] = [await following(bff), await following(bff)];
  await until('both have the state', () => slow.cash().length + quick.cash().length === 2);
  slow.opened.pause();
  for (let count = 1; count <= 40; count += 1) {
    bff.becomes(`${count} ${large}`);
    await until('the quick one has it', () => quick.cash().length === count + 1);
  }
  const coalesced = Number(/^coalesced_updates_total\S* (\d+)$/m.exec(await bff.metrics())?.[1]);
  assert.ok(coalesced >= 20, `${coalesced} of 40 were left out`);
  slow.opened.resume();
  await until('the slow one has the newest', () => slow.cash().at(-1)?.startsWith('40 ') === true);
  assert.equal(slow.cash().length, 41 - coalesced);
  bff.becomes('the next');
  await until('it goes on', () => slow.cash().at(-1) === 'the next');
});

test('a stream resumes by Last-Event-ID; while nobody reads it, it is not cut off and nothing piles up', async () => {
  await using bff = await startSubscriptions();
  const first = await following(bff);
  await until('it has the state', () => first.cash().length === 1);
  const { cursor } = first.payloads()[0]?.extensions ?? assert.fail('a state has a cursor');
  const body = JSON.stringify({ query: follow, variables: { id: 'acc-1001' } });
  const stream = connect(Number(new URL(bff.url).port), '127.0.0.1');
  let text = '';
  stream.on('data', (part) => (text += String(part)));
  stream.write(
    `POST /graphql/stream HTTP/1.1\r\nhost: bff\r\nauthorization: Bearer ${bff.token}\r\nlast-event-id: ${cursor}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await until('the stream is open', () => text.includes('retry: 1000'));
  bff.becomes('a');
  await until('it has the next state', () => text.includes('"cash":"a"'));
  assert.equal(text.includes('"cash":"0"'), false);
  stream.pause();
  for (let count = 1; count <= 20; count += 1) {
    bff.becomes(`${count} ${large}`);
    await until('the other one has it', () => first.cash().length === count + 2);
  }
  stream.resume();
  await until('it has the newest', () => text.includes('"cash":"20 '));
  const got = text.match(/^event: next/gm)?.length ?? 0;
  assert.ok(got < 15, `${got} of 21 states`);
  stream.destroy();
});
