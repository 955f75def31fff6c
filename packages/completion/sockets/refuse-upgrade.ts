// The answer to an upgrade that is refused: written by hand, since no framework has the request any more.
import type { Duplex } from 'node:stream';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { correlationIdFrom, problemMedia, problemOf, type Rejection } from '@simplebank/chassis';

export function refuseUpgrade(
  { headers }: IncomingMessage,
  socket: Duplex,
  status: number,
  rejection: Rejection,
  more: Readonly<Record<string, string>> = {},
): void {
  // Node has taken its own listener off; without one the client's reset would end this process.
  socket.on('error', () => socket.destroy());
  const correlationId = correlationIdFrom(headers['x-correlation-id']);
  const body = JSON.stringify(problemOf(status, rejection, correlationId));
  const lines = Object.entries({
    'content-type': problemMedia,
    'content-length': String(Buffer.byteLength(body)),
    'x-correlation-id': correlationId,
    'cache-control': 'private, no-store',
    connection: 'close',
    ...more,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}
