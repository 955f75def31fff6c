// The limit: sockets of `ws` without any protocol on them, and one text written to all.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { answerAsServer } from './server-questions.ts';
import { now, orderOf, orderUpdate } from './story.ts';

const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
let sequence = 0;
// One listener for all, told what to answer by what was said.
function received(this: WebSocket, data: RawData): void {
  const said = String(data as Buffer);
  if (said.startsWith('{"type":"connection_init"')) this.send('{"type":"connection_ack"}');
  else if (said.startsWith('{"type":"ping"')) this.send('{"type":"pong"}');
}
sockets.on('connection', (socket) => socket.on('message', received));
await once(sockets, 'listening');
answerAsServer((sockets.address() as AddressInfo).port, {
  emit() {
    const at = now();
    sequence += 1;
    const payload = { data: { orderUpdated: orderUpdate(orderOf('raw', 'shared'), sequence) } };
    const text = JSON.stringify({ id: '1', type: 'next', payload });
    for (const socket of sockets.clients) socket.send(text);
    return { at };
  },
});
