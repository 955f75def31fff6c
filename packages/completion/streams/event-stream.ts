// One client's stream of server-sent events, by the GraphQL-over-SSE protocol (graphql-sse, PROTOCOL.md) and the
// HTML standard's event stream format: the cursor is the event's id, so that a client that lost the connection says by
// Last-Event-ID where it stands.
import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { mostBufferedBytes, slowBytes } from '../limits/live-limits.ts';
import type { EncodedPayload } from '../live/live-subscriber.ts';

/** Proxies cut connections on which nothing is said. */
const keepAliveMs = 12_000;
/** A client that has not taken what it has to take within so many of these is cut off. */
const mostWaits = 2;
/** When a client whose connection was cut comes back. */
const retryMs = 1_000;

export interface EventStreamOptions {
  /** Its client took too little, and it was cut off. */
  readonly onSlow: () => void;
  readonly onClosed: () => void;
}

export class EventStream {
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;
  readonly #keepAlive: NodeJS.Timeout;
  /** While its client has much to take yet. */
  #drained: PromiseWithResolvers<void> | undefined;
  /** How often it was found so. */
  #waits = 0;

  constructor(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    options: EventStreamOptions,
  ) {
    this.#response = response;
    this.#options = options;
    response.on('error', () => response.destroy());
    response.once('close', () => this.#closed());
    response.on('drain', () => this.#hasDrained());
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Some proxies would keep events back until they have many.
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${retryMs}\n:\n\n`);
    this.#keepAlive = setInterval(() => this.#stayAlive(), keepAliveMs);
  }

  /** `operationId` only where one stream carries several operations. */
  next({ text, cursor }: EncodedPayload, operationId?: string): Promise<void> | undefined {
    if (this.#isCut()) return undefined;
    const drained = this.room();
    const id = operationId === undefined ? `id: ${cursor}\n` : '';
    this.#write(`event: next\n${id}data: ${ofOperation(text, operationId)}\n\n`);
    return drained;
  }

  /** Undefined when the client can take more; else when it has taken all, or is gone. */
  room(): Promise<void> | undefined {
    if (this.#response.writableLength <= slowBytes) return undefined;
    return (this.#drained ??= Promise.withResolvers<void>()).promise;
  }

  /** An answer that resumes nowhere. */
  answer(text: string, operationId?: string): void {
    if (!this.#isCut()) this.#write(`event: next\ndata: ${ofOperation(text, operationId)}\n\n`);
  }

  refuse(errors: readonly GraphQLFormattedError[], operationId?: string): void {
    this.answer(JSON.stringify({ errors }), operationId);
  }

  complete(operationId?: string): void {
    const data = operationId === undefined ? '' : JSON.stringify({ id: operationId });
    this.#write(`event: complete\ndata: ${data}\n\n`);
  }

  /** `retryMs`: when its client is to come back. */
  end(retryMs?: number): void {
    if (retryMs !== undefined) this.#write(`retry: ${retryMs}\n\n`);
    this.#response.end();
  }

  /** Its client has taken so little that it is cut off. */
  #isCut(): boolean {
    const response = this.#response;
    if (response.destroyed) return true;
    if (response.writableLength <= mostBufferedBytes) return false;
    this.#options.onSlow();
    response.destroy();
    return true;
  }

  /** A client that takes nothing any more is as good as gone, also where nothing piles up for it. */
  #stayAlive(): void {
    if (this.#drained !== undefined) this.#waits += 1;
    if (this.#waits <= mostWaits) return this.#write(':\n\n');
    this.#options.onSlow();
    this.#response.destroy();
  }

  #closed(): void {
    clearInterval(this.#keepAlive);
    this.#hasDrained();
    this.#options.onClosed();
  }

  #hasDrained(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
    this.#waits = 0;
  }

  #write(text: string): void {
    if (!this.#response.writableEnded && !this.#response.destroyed) this.#response.write(text);
  }
}

/** JSON has no line breaks of its own, so that a payload is one line of data. */
function ofOperation(text: string, operationId: string | undefined): string {
  return operationId === undefined ? text : `{"id":${JSON.stringify(operationId)},"payload":${text}}`;
}
