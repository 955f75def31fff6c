// The sockets of a BFF: opened at /graphql, pinged, cut when they are dead, closed in batches when the process ends.
// What is said on them is socket-session.ts.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from 'graphql-ws';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { PublicError, type Logger } from '@simplebank/chassis';
import { versionIn } from '../app-versions.ts';
import { closeAndCut, closeTimeoutMs, cutSoon } from './close-and-cut.ts';
import { closeInBatches } from '../close-in-batches.ts';
import { Heartbeat } from './heartbeat.ts';
import type { HeldSession } from '../sessions/held-tokens.ts';
import { retryAfterSeconds } from '../limits/live-limits.ts';
import { rateLimited } from '../limits/rate-limits.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import type { SessionOptions } from '../session-options.ts';
import { SocketSession, type BroughtByUpgrade } from './socket-session.ts';

/** A document and its variables; larger messages close the socket. */
const largestMessageBytes = 64 * 1024;
/** A client that does not sign in by then is disconnected with 4408. */
const signInTimeoutMs = 3_000;
/**
 * Of its address. Until it signs in a socket holds a place that is nobody's, so that one address can have no more of
 * them at once than it may open in that time.
 */
const openingCost = 10;
/** RFC 6455, section 7.4.1: the server is going down. */
const goingAway = 1001;
const nothingHere = { code: 'BAD_REQUEST', message: 'There is nothing at this address.' };

export interface SocketServer {
  sessions(): Iterable<SocketSession>;
  /** Closes those that are signed in with a token of the session. */
  endSession(sessionId: string): void;
  stop(): Promise<void>;
}

export function serveSockets(server: Server, options: SessionOptions, log: Logger): SocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessageBytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  const { places, limits, appVersions } = options;
  const sessions = new Map<WebSocket, SocketSession>();
  const heartbeat = new Heartbeat();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // The path is cut by hand: `new URL` throws for some of what a client may send, such as `//`.
    if (request.url?.split('?')[0] !== '/graphql') {
      refuseUpgrade(request, socket, 404, nothingHere);
      return;
    }
    const version = versionIn(request.headers);
    const versionRefusal = version === undefined ? undefined : appVersions.refusal(version);
    if (versionRefusal !== undefined) {
      const { status, code, message, headers } = versionRefusal;
      refuseUpgrade(request, socket, status, { code, message }, { ...headers, connection: 'close' });
      return;
    }
    const waitSeconds = limits.take(openingCost, { address: limits.addressOf(request) });
    if (waitSeconds !== undefined) {
      const rejection = { code: 'RATE_LIMITED', message: rateLimited(waitSeconds) };
      refuseUpgrade(request, socket, 429, rejection, { 'retry-after': String(waitSeconds) });
      return;
    }
    const refusal = places.refusal();
    if (refusal !== undefined) {
      refuseUpgrade(request, socket, 503, refusal, { 'retry-after': String(retryAfterSeconds) });
      return;
    }
    const held = heldFor(request, socket);
    if (held === 'refused') return;
    const brought = { held, hasVersion: version !== undefined };
    sockets.handleUpgrade(request, socket, head, (open) => opened(open, brought));
  });
  /** The session that the upgrade brings; a page of somebody else is refused here. */
  function heldFor(request: IncomingMessage, socket: Duplex): HeldSession | undefined | 'refused' {
    try {
      return options.heldTokens.sessionOf(request, 'upgrade');
    } catch (fault) {
      if (!(fault instanceof PublicError)) throw fault;
      const { message, extensions } = fault;
      refuseUpgrade(request, socket, 403, { code: String(extensions['code']), message });
      return 'refused';
    }
  }
  // Shared by all sockets, of which each would otherwise have its own.
  function opened(socket: WebSocket, brought: BroughtByUpgrade): void {
    places.opened('websocket');
    socket.on('error', failed);
    socket.on('close', closed);
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      closeAndCut(socket, CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
      return;
    }
    sessions.set(socket, new SocketSession(socket, options, brought));
    heartbeat.add(socket);
    socket.on('message', received);
    setTimeout(closeSilent, signInTimeoutMs, socket).unref();
  }
  function failed(this: WebSocket, error: Error): void {
    log.warn({ err: error }, 'socket failed');
    // What it sent is no message, or one too large; ws closes it.
    if (sessions.get(this)?.signedIn === undefined) cutSoon(this);
  }
  function received(this: WebSocket, message: RawData): void {
    // What comes after we have closed it is nobody's any more.
    if (this.readyState !== this.OPEN) return;
    sessions
      .get(this)
      ?.receive(textOf(message))
      .catch((error: unknown) => {
        log.error({ err: error }, 'a message could not be handled');
        this.close(CloseCode.InternalServerError, 'Internal server error');
      });
  }
  function closed(this: WebSocket): void {
    places.closed('websocket');
    sessions.get(this)?.closed();
    sessions.delete(this);
    heartbeat.delete(this);
  }
  function closeSilent(socket: WebSocket): void {
    if (sessions.get(socket)?.isInitialised !== false) return;
    closeAndCut(socket, CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
  }
  return {
    sessions: () => sessions.values(),
    // All are looked at, since an index would cost each quiet socket memory for the one moment in which it ends.
    endSession(sessionId) {
      for (const session of sessions.values())
        if (session.signedIn?.sessionId === sessionId) session.endSession();
    },
    async stop() {
      heartbeat.stop();
      await closeInBatches([...sockets.clients], (socket, retryMs) =>
        socket.close(goingAway, `Going away: connect again in ${retryMs} ms and resume by the cursor`),
      );
      const timer = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, closeTimeoutMs);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(timer);
    },
  };
}

function textOf(message: RawData): string {
  return Array.isArray(message) ? Buffer.concat(message).toString() : message.toString();
}
