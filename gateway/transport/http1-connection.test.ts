// One connection over a socket that the test feeds: when it takes turns with others, and when it is done with that.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import net, { type OnReadOpts } from 'node:net';
import { mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Http1Connection } from './http1-connection.ts';
import type { Exchange } from './link.ts';

const largeBytes = 512 * 1024;

class FedSocket extends EventEmitter {
  readonly writableLength = 0;
  readonly onread: OnReadOpts;
  readonly resume: () => void;

  constructor({ onread }: { readonly onread: OnReadOpts }, resume: () => void) {
    super();
    this.onread = onread;
    this.resume = resume;
  }

  write(): void {}
  destroy(): void {}

  feed(text: string): void {
    const bytes = Buffer.from(text);
    this.onread.callback(bytes.length, bytes);
  }
}

const owner = { host: 'test', port: 80, maxAnswerBytes: Infinity, onFree: () => {}, onEnd: () => {} };

function connected(name: string, resumed: string[]) {
  const sockets: FedSocket[] = [];
  const connecting = mock.method(net, 'connect', (options: { readonly onread: OnReadOpts }) => {
    const made = new FedSocket(options, () => resumed.push(name));
    sockets.push(made);
    return made;
  });
  syncBuiltinESMExports();
  const connection = new Http1Connection(owner, Infinity);
  connecting.mock.restore();
  syncBuiltinESMExports();
  const [socket] = sockets;
  assert.ok(socket !== undefined);
  socket.emit('connect');
  return { connection, socket };
}

function exchangeOf(statuses: number[] = []): Exchange {
  return {
    body: '',
    lines: { text: '', equalityText: '', fingerprint: 0, pairs: () => [] },
    deadlineAt: Infinity,
    isMutation: false,
    wantsFreshConnection: false,
    carrier: undefined,
    onAnswer: (status) => void statuses.push(status),
    onFault: ({ detail }) => assert.fail(detail),
  };
}

const large = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${largeBytes.toString(16)}\r\n${'x'.repeat(largeBytes)}\r\n`;

test('a connection whose answer was just large enough to take turns begins its next one behind those under way', async () => {
  const resumed: string[] = [];
  const statuses: number[] = [];
  const again = connected('again', resumed);
  const other = connected('other', resumed);
  again.connection.start(exchangeOf(statuses), '');
  again.socket.feed(large);
  await turn();
  assert.deepEqual(resumed.splice(0), ['again']);
  again.socket.feed('0\r\n\r\n');
  assert.deepEqual(statuses, [200]);

  for (const { connection, socket } of [other, again]) {
    connection.start(exchangeOf(), '');
    socket.feed(large);
  }
  await turn();
  assert.deepEqual(resumed, ['other']);
  again.connection.abandon(exchangeOf());
  other.connection.abandon(exchangeOf());
});
