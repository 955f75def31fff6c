// One HTTP request to one replica over undici's `dispatch`, the lightest way to it. What the callers of undici's
// `request` cannot learn is told here: whether a request that failed had been sent at all.
import type { IncomingHttpHeaders } from 'node:http';
import { Pool, type Dispatcher } from 'undici';

const connectTimeoutMs = 1_000;
/** No answer within the bank is as long by far; more would only fill the memory. */
const longestAnswerBytes = 32 * 1024 * 1024;

export interface HttpRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST; without a body the request is a GET. */
  readonly body?: string;
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/**
 * Why there is no answer. `not-sent`: nothing of the request left this process, so it may go elsewhere whatever it
 * is. `lost`: it was sent, and may have been carried out. `late`: the time was over.
 */
export class SendFault extends Error {
  override readonly name = 'SendFault';
  readonly kind: 'not-sent' | 'lost' | 'late';

  constructor(kind: 'not-sent' | 'lost' | 'late', cause: Error) {
    super(cause.message, { cause });
    this.kind = kind;
  }
}

export function openPool(url: string, connections: number): Pool {
  return new Pool(url, {
    connections,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
    maxResponseSize: longestAnswerBytes,
  });
}

export function sendRequest(
  pool: Pool,
  { path, headers, body, timeoutMs }: HttpRequest,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let running: Dispatcher.DispatchController | undefined;
    let isLate = false;
    let status = 0;
    let answerHeaders: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      isLate = true;
      const fault = new Error(`no answer within ${timeoutMs} ms`);
      reject(new SendFault('late', fault));
      running?.abort(fault);
    }, timeoutMs);
    pool.dispatch(
      // Both of undici's own timeouts are off: the timer above covers all of the request.
      {
        path,
        method: body === undefined ? 'GET' : 'POST',
        headers,
        body: body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        // Called when a connection is there, right before the first byte is written.
        onRequestStart(controller) {
          running = controller;
          if (isLate) controller.abort(new Error('nobody waits for the answer any more'));
        },
        onResponseStart(_controller, statusCode, received) {
          status = statusCode;
          answerHeaders = received;
        },
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd() {
          clearTimeout(timer);
          const contentType = String(answerHeaders['content-type'] ?? 'application/json');
          resolve({ status, contentType, text: Buffer.concat(chunks).toString() });
        },
        onResponseError(_controller, error) {
          clearTimeout(timer);
          reject(new SendFault(running === undefined ? 'not-sent' : 'lost', error));
        },
      },
    );
  });
}
