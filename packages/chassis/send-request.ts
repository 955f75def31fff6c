// One HTTP request to one replica over undici's `dispatch`, the lightest way to it. What the callers of undici's
// `request` cannot learn is told here: whether a request that failed had been sent at all.
import type { IncomingHttpHeaders } from 'node:http';
import { consistencyHeader } from './consistency.ts';
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
  readonly givenUp?: GivenUpBy | undefined;
}

/** Who asked may have gone. */
export interface GivenUpBy {
  readonly signal: AbortSignal;
  /** Whether what has been sent may be stopped half done; what has not been sent always is. */
  readonly mayStop: () => boolean;
}

export interface HttpAnswer {
  /** The consistency token, where something was written. */
  readonly consistency?: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

type FaultKind = 'not-sent' | 'lost' | 'late' | 'given-up';

/**
 * Why there is no answer. `not-sent`: nothing of the request left this process, so it may go elsewhere whatever it
 * is. `lost`: it was sent, and may have been carried out. `late`: the time was over. `given-up`: nobody waits for it.
 */
export class SendFault extends Error {
  override readonly name = 'SendFault';
  readonly kind: FaultKind;

  constructor(kind: FaultKind, cause: Error) {
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
  { path, headers, body, timeoutMs, givenUp }: HttpRequest,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let running: Dispatcher.DispatchController | undefined;
    let isStopped = false;
    let status = 0;
    let answerHeaders: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    const stop = (kind: FaultKind, fault: Error): void => {
      isStopped = true;
      settle();
      reject(new SendFault(kind, fault));
      running?.abort(fault);
    };
    const giveUp = (): void => {
      if (running === undefined || givenUp?.mayStop() === true) stop('given-up', new Error('given up'));
    };
    const timer = setTimeout(() => stop('late', new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      givenUp?.signal.removeEventListener('abort', giveUp);
    };
    if (givenUp?.signal.aborted === true) {
      giveUp();
      return;
    }
    givenUp?.signal.addEventListener('abort', giveUp);
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
          if (isStopped) controller.abort(new Error('nobody waits for the answer any more'));
        },
        onResponseStart(_controller, statusCode, received) {
          status = statusCode;
          answerHeaders = received;
        },
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd() {
          settle();
          const contentType = String(answerHeaders['content-type'] ?? 'application/json');
          const consistency = answerHeaders[consistencyHeader];
          const text = Buffer.concat(chunks).toString();
          resolve({
            status,
            contentType,
            text,
            ...(typeof consistency === 'string' ? { consistency } : {}),
          });
        },
        onResponseError(_controller, error) {
          settle();
          reject(new SendFault(running === undefined ? 'not-sent' : 'lost', error));
        },
      },
    );
  });
}
