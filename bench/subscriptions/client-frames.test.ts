import { test } from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { readFrames, textFrame } from './client-frames.ts';

function recorder() {
  const heard: string[] = [];
  return {
    heard,
    onText: (message: string) => void heard.push(message),
    onPing: (payload: Buffer) => void heard.push(`ping ${payload.toString()}`),
    onClose: (code: number, reason: string) => void heard.push(`close ${code} ${reason}`),
  };
}

const served = (payload: string, opcode = 1) => {
  const bytes = Buffer.from(payload);
  const head =
    bytes.length > 125
      ? [0x80 | opcode, 126, bytes.length >> 8, bytes.length & 255]
      : [0x80 | opcode, bytes.length];
  return Buffer.concat([Buffer.from(head), bytes]);
};

test('frames are read however they are cut', () => {
  const long = 'x'.repeat(300);
  const bytes = Buffer.concat([served('one'), served(long), served('?', 9), served('\x03\xf5slow', 8)]);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const reader = recorder();
    const rest = readFrames(bytes.subarray(0, cut), reader);
    readFrames(Buffer.concat([rest, bytes.subarray(cut)]), reader);
    assert.deepEqual(reader.heard.slice(0, 3), ['one', long, 'ping ?'], `cut at ${cut}`);
  }
});

test('a real server understands short and long frames', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    const opened = once(server, 'connection');
    socket.write(
      'GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    const [opposite] = (await opened) as [WebSocket];
    const heard: string[] = [];
    const both = new Promise<void>((resolve) => {
      opposite.on('message', (data) => {
        heard.push(String(data));
        if (heard.length === 2) resolve();
      });
    });
    socket.write(Buffer.concat([textFrame('short'), textFrame('l'.repeat(400))]));
    await both;
    assert.deepEqual(heard, ['short', 'l'.repeat(400)]);
  } finally {
    socket.destroy();
    server.close();
  }
});
