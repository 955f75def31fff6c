// Whether a client has got what was sent to it: what the kernel took for a phone that is asleep has not arrived. A ping
// right behind it tells: the client's side answers in order, without the application, as long as it is awake.
import type { WebSocket } from 'ws';

const waiting = new WeakMap<WebSocket, Map<string, () => void>>();
let lastMark = 0;

/** Calls back when all that was sent on the socket so far has arrived; never when it is gone before. */
export function whenReceived(socket: WebSocket, received: () => void): void {
  if (socket.readyState !== socket.OPEN) return;
  let marks = waiting.get(socket);
  if (marks === undefined) {
    waiting.set(socket, (marks = new Map()));
    socket.on('pong', answered);
  }
  const mark = String((lastMark += 1));
  marks.set(mark, received);
  socket.ping(mark);
}

/** Shared by all sockets. Of several pings a client may answer the newest alone (RFC 6455, section 5.5.3). */
function answered(this: WebSocket, payload: Buffer): void {
  const marks = waiting.get(this);
  const mark = payload.toString();
  if (marks?.has(mark) !== true) return;
  for (const [older, received] of marks) {
    marks.delete(older);
    received();
    if (older === mark) return;
  }
}
