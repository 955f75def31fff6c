// The front on node:http, without a framework between: what the standalone gateway serves with.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpFront } from './http-front.ts';
import type { HttpAnswer, HttpRequest } from './http-message.ts';
import { errorsText, HttpRefused } from './http-refused.ts';
import { readBodyText } from './read-body.ts';
import { sendAnswer } from './send-answer.ts';
import { answerServiceRoute, type ServiceRouteOptions } from './service-routes.ts';

export interface NodeServerOptions extends ServiceRouteOptions {
  readonly front: HttpFront;
  readonly host?: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly bodyLimitBytes?: number;
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly keepAliveTimeoutMs?: number;
  readonly mostHeaderBytes?: number;
  readonly mostConnections?: number;
}

/** Larger than any document a client needs; what is larger is refused before it is read. */
const defaultBodyLimitBytes = 256 * 1024;
/** Headers, and then the whole request, must have arrived by then, against clients that send a byte a second. */
const defaultHeadersTimeoutMs = 5_000;
const defaultRequestTimeoutMs = 10_000;
/** Node looks for such clients no more often than this. */
const timeoutCheckMs = 1_000;
/** Longer than the idle time of usual balancers, so that they and not this server end idle connections. */
const defaultKeepAliveTimeoutMs = 65_000;
/** Room for a GET with a document, and for tokens. */
const defaultMostHeaderBytes = 16 * 1024;
/** Beyond it sockets are closed at once: each costs memory. */
const defaultMostConnections = 10_000;
/** How long `stop` waits for answers under way. */
const defaultStopMs = 10_000;

export interface NodeServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /**
   * Takes no new connections, finishes what is under way, and closes what is left after `graceMs`. Ends with the
   * number of connections that had to be closed.
   */
  stop(graceMs?: number): Promise<number>;
}

/** State of one listening server. */
interface Serving {
  readonly options: NodeServerOptions;
  readonly bodyLimitBytes: number;
  draining: boolean;
}

export async function serveNodeHttp(options: NodeServerOptions): Promise<NodeServer> {
  const serving: Serving = {
    options,
    bodyLimitBytes: options.bodyLimitBytes ?? defaultBodyLimitBytes,
    draining: false,
  };
  const server = createServer(
    {
      headersTimeout: options.headersTimeoutMs ?? defaultHeadersTimeoutMs,
      requestTimeout: options.requestTimeoutMs ?? defaultRequestTimeoutMs,
      keepAliveTimeout: options.keepAliveTimeoutMs ?? defaultKeepAliveTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      maxHeaderSize: options.mostHeaderBytes ?? defaultMostHeaderBytes,
    },
    (message, response) => void serve(serving, message, response),
  );
  server.maxConnections = options.mostConnections ?? defaultMostConnections;
  server.on('clientError', refuseConnection);
  const host = options.host ?? '127.0.0.1';
  await listen(server, host, options.port);
  const { port } = server.address() as AddressInfo;
  let stopping: Promise<number> | undefined;
  const stop = (graceMs = defaultStopMs) => (stopping ??= stopServer(server, serving, graceMs));
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

async function serve(serving: Serving, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { front } = serving.options;
  const { url = '/', method = 'GET' } = message;
  try {
    if (isFor(front.path, url)) {
      await serveGraphql(serving, message, response, url, method);
      return;
    }
    const question = url.indexOf('?');
    const path = question === -1 ? url : url.slice(0, question);
    const answer = await answerServiceRoute(path, method, serving.options, serving.draining);
    await sendAnswer(response, answer, serving.draining);
  } catch {
    // A metrics callback that fails, a stream that breaks: nothing of it is for the client.
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'content-type': 'application/json' }).end(internalError);
  }
}

const internalError = errorsText('INTERNAL_ERROR', 'Something went wrong here.');

function isFor(path: string, url: string): boolean {
  if (url === path) return true;
  return url.length > path.length && url.charCodeAt(path.length) === 63 && url.startsWith(path);
}

async function serveGraphql(
  serving: Serving,
  message: IncomingMessage,
  response: ServerResponse,
  url: string,
  method: string,
): Promise<void> {
  const { front } = serving.options;
  const client = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) client.abort();
  });
  let body = '';
  let refused: HttpRefused | undefined;
  if (method === 'POST') {
    try {
      body = await readBodyText(message, serving.bodyLimitBytes);
    } catch (error) {
      if (!(error instanceof HttpRefused)) throw error;
      refused = error;
    }
  }
  const request: HttpRequest = { method, url, headers: message.headers, body, signal: client.signal };
  const answer: HttpAnswer =
    refused === undefined ? await front.answerHttp(request) : front.answerRefused(request, refused);
  if (response.destroyed) return;
  await sendAnswer(response, answer, serving.draining);
}

/** What is no HTTP, too slow, or has too many headers. Node's own answers, with a code. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || socket.destroyed || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The headers are too large.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request did not arrive in time.']
        : ['400 Bad Request', 'The request is not understood.'];
  const body = errorsText('BAD_REQUEST', message ?? '');
  const head = `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n${head}\r\n\r\n${body}`);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function stopServer(server: Server, serving: Serving, graceMs: number): Promise<number> {
  serving.draining = true;
  // Closes idle connections as well; those under way end with their answers.
  const closed = new Promise<undefined>((resolve) => void server.close(() => resolve(undefined)));
  const timer = new AbortController();
  const late = delay(graceMs, 'late' as const, { signal: timer.signal }).catch(() => undefined);
  const outcome = await Promise.race([closed, late]);
  timer.abort();
  if (outcome === undefined) return 0;
  const left = await new Promise<number>((resolve) => {
    server.getConnections((error, count) => resolve(error === null ? count : 0));
  });
  server.closeAllConnections();
  await closed;
  return left;
}
