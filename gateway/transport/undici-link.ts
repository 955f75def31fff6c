// The same link by undici: for https, for HTTP/2 (by ALPN, or with prior knowledge for http), and for whoever does
// not want our own client. `dispatch` with a small handler, since undici.request costs a stream for each answer.
import { H2CClient, Pool, type Dispatcher } from 'undici';
import { decodeBody } from './content-encoding.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { maxHeadBytes } from './limits.ts';
import {
  acceptedTypes,
  unsent,
  type Carrier,
  type Exchange,
  type Link,
  type LinkCounts,
  type LinkFault,
  type LinkTarget,
} from './link.ts';

const abandoned = new Error('abandoned');
const tooLarge = new Error('the answer is too large');

export class UndiciLink implements Link {
  readonly #target: LinkTarget;
  readonly #dispatcher: Dispatcher;
  readonly #path: string;
  readonly #underWay = new Set<Dispatched>();
  #isRetired = false;

  constructor(target: LinkTarget) {
    this.#target = target;
    this.#path = target.url.pathname + target.url.search;
    this.#dispatcher = dispatcherOf(target);
    // Without a listener an error of a connection that nobody waits for would be thrown.
    this.#dispatcher.on('connectionError', () => {});
    this.#dispatcher.on('disconnect', () => {});
  }

  send(exchange: Exchange): void {
    const { maxConnections, maxQueued, deadlineHeader } = this.#target;
    if (this.#isRetired) {
      exchange.onFault(unsent('closed', 'the replica is gone'));
      return;
    }
    if (this.#underWay.size >= maxConnections + maxQueued) {
      exchange.onFault(unsent('queue-full', `${this.#underWay.size} requests are under way`));
      return;
    }
    const headers = exchange.lines.pairs();
    headers.push('content-type', 'application/json', 'accept', acceptedTypes);
    if (deadlineHeader !== undefined) {
      const remainingMs = Math.max(1, Math.floor(exchange.deadlineAt - performance.now()));
      headers.push(deadlineHeader, String(remainingMs));
    }
    const dispatched = new Dispatched(exchange, this.#target.maxAnswerBytes, this.#underWay);
    this.#underWay.add(dispatched);
    try {
      this.#dispatcher.dispatch(
        { path: this.#path, method: 'POST', headers, body: exchange.body },
        dispatched,
      );
    } catch (error) {
      // A fault must not become an exception of whoever asks.
      dispatched.end(dispatched.faultOf(String(error)));
    }
  }

  counts(): LinkCounts {
    const sent = [...this.#underWay].filter(({ isSent }) => isSent).length;
    return { connections: sent, idle: 0, queued: this.#underWay.size - sent };
  }

  /** undici closes unused connections by itself. */
  sweep(): void {}

  retire(): void {
    this.#isRetired = true;
    for (const dispatched of this.#underWay) {
      if (!dispatched.isSent) dispatched.end(unsent('closed', 'the replica is gone'));
    }
    this.#dispatcher.close().catch(() => {});
  }

  close(): void {
    this.#isRetired = true;
    for (const dispatched of this.#underWay)
      dispatched.end(dispatched.faultOf('the transport was closed', 'closed'));
    this.#dispatcher.destroy().catch(() => {});
  }
}

/** One dispatch: undici calls it back, the exchange's owner may abandon it. */
class Dispatched implements Dispatcher.DispatchHandler, Carrier {
  /** Set right before the first byte is written. */
  isSent = false;

  readonly #maxAnswerBytes: number;
  readonly #underWay: Set<Dispatched>;
  #exchange: Exchange | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #encoding = '';
  #onlyChunk: Buffer | undefined;
  readonly #body = new GrowingBytes();
  #bytes = 0;

  constructor(exchange: Exchange, maxAnswerBytes: number, underWay: Set<Dispatched>) {
    this.#exchange = exchange;
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#underWay = underWay;
    exchange.carrier = this;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#exchange === undefined) controller.abort(abandoned);
    else this.isSent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    const encoding = String(headers['content-encoding'] ?? '').toLowerCase();
    this.#encoding = encoding === 'identity' ? '' : encoding;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxAnswerBytes) controller.abort(tooLarge);
    else if (this.#bytes === chunk.length) this.#onlyChunk = chunk;
    else {
      if (this.#onlyChunk !== undefined) this.#body.append(this.#onlyChunk, 0, this.#onlyChunk.length, 0);
      this.#onlyChunk = undefined;
      this.#body.append(chunk, 0, chunk.length, 0);
    }
  }

  onResponseEnd(): void {
    const exchange = this.#take();
    if (exchange === undefined) return;
    const body = this.#onlyChunk ?? this.#body.bytes();
    if (this.#encoding === '') exchange.onAnswer(this.#status, body.toString('utf8'), this.#bytes);
    else decodeBody(exchange, this.#status, body, this.#encoding, this.#maxAnswerBytes);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { code?: string }): void {
    if (error === tooLarge || error.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
      this.end({ kind: 'too-large', wasSent: true, wasStale: false, detail: tooLarge.message });
    else if (error.code?.startsWith('HPE_') === true)
      this.end({ kind: 'malformed', wasSent: true, wasStale: false, detail: error.code });
    else this.end(this.faultOf(error.code ?? error.message));
  }

  abandon(): void {
    this.#take();
    this.#controller?.abort(abandoned);
  }

  end(fault: LinkFault): void {
    const exchange = this.#take();
    this.#controller?.abort(abandoned);
    exchange?.onFault(fault);
  }

  faultOf(detail: string, unsentKind: LinkFault['kind'] = 'refused'): LinkFault {
    // undici does not say whether the connection was new, so it is not called stale: that would be a free retry.
    return this.isSent
      ? { kind: 'lost', wasSent: true, wasStale: false, detail }
      : unsent(unsentKind, detail);
  }

  #take(): Exchange | undefined {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#underWay.delete(this);
    if (exchange !== undefined) exchange.carrier = undefined;
    return exchange;
  }
}

function dispatcherOf(target: LinkTarget): Dispatcher {
  const { url, maxConnections, maxAnswerBytes, connectMs, idleConnectionMs, http2, tls } = target;
  const options = {
    connect: { ...tls, timeout: connectMs },
    keepAliveTimeout: idleConnectionMs,
    keepAliveMaxTimeout: idleConnectionMs,
    maxResponseSize: maxAnswerBytes,
    maxHeaderSize: maxHeadBytes,
    // Whoever sends watches the deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (http2 && url.protocol === 'http:')
    return new H2CClient(url.origin, {
      ...options,
      maxConcurrentStreams: maxConnections,
      pipelining: maxConnections,
    });
  return new Pool(url.origin, {
    ...options,
    allowH2: http2,
    connections: maxConnections,
    pipelining: 1,
  });
}
