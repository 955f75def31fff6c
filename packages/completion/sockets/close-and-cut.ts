// Closes a socket that has not signed in, or never will: one that does not answer the closing handshake would keep a place
// that is nobody's for the half minute that ws waits for it.
import type { WebSocket } from 'ws';

/** A client answers a close within a round trip; one that has nothing to take yet needs no more. */
export const closeTimeoutMs = 1_000;

export function closeAndCut(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  cutSoon(socket);
}

/** Where ws closes by itself, as after what is no frame. */
export function cutSoon(socket: WebSocket): void {
  setTimeout(() => socket.terminate(), closeTimeoutMs).unref();
}
