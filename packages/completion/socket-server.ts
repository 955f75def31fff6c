// Binds the graphql-transport-ws protocol to sockets of `ws`: what graphql-ws's own binding does, but faults go to
// the log instead of the terminal.
import { CloseCode, handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '@simplebank/chassis';

/** A socket that does not answer a ping until the next one is gone. */
const pingMs = 12_000;
/** Sockets that do not answer the closing handshake at shutdown are cut then. */
const closeTimeoutMs = 1_000;
/** RFC 6455, section 7.4.1: the server is going down. */
const goingAway = 1001;

export function serveSockets(
  options: ServerOptions,
  sockets: WebSocketServer,
  log: Logger,
): { stop(): Promise<void> } {
  const protocol = makeServer(options);
  sockets.options.handleProtocols = handleProtocols;
  sockets.on('connection', (socket) => {
    socket.on('error', (error) => log.warn({ err: error }, 'socket failed'));
    const stopPings = pingUntilClosed(socket);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => sendTo(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) =>
          socket.on('message', (message) => void receiveSafely(socket, message, receive)),
      },
      {},
    );
    socket.once('close', (code, reason) => {
      stopPings();
      void closed(code, reason.toString());
    });
  });

  async function receiveSafely(
    socket: WebSocket,
    message: RawData,
    receive: (text: string) => Promise<void>,
  ) {
    try {
      await receive(message.toString());
    } catch (error) {
      log.error({ err: error }, 'a message could not be handled');
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    }
  }

  return {
    async stop() {
      for (const client of sockets.clients) client.close(goingAway, 'Going away');
      const timer = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, closeTimeoutMs);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(timer);
    },
  };
}

/** Resolves when the text has left for the network, so that a slow client holds its own reader back. */
function sendTo(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(text, (error) => (error == null ? resolve() : reject(error)));
  });
}

function pingUntilClosed(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
}
