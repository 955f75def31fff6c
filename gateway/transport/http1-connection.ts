// One HTTP/1.1 connection: one request at a time, no pipelining. Whatever is not exactly one response to the request
// under way ends the connection, so that no answer can reach another request.
import { connect, type Socket } from 'node:net';
import { decodeBody } from './content-encoding.ts';
import type { Deadline } from './deadlines.ts';
import { Http1ResponseParser, type ParseOutcome } from './http1-response-parser.ts';
import { keepAliveHintMarginMs } from './limits.ts';
import type { Carrier, Exchange, LinkFault } from './link.ts';
import { endTurns, waitForTurn, type LargeAnswer } from './take-turns.ts';

/** The pool that it belongs to. */
export interface ConnectionOwner {
  readonly host: string;
  readonly port: number;
  readonly maxAnswerBytes: number;
  /** The connection is made, or free again. */
  onFree(connection: Http1Connection): void;
  /** It is of no use any more. `detail` says why when it was never made. */
  onEnd(connection: Http1Connection, neverMade: string | undefined): void;
}

/**
 * Where every connection's bytes arrive, since they are parsed or copied before the next are read: so a connection costs
 * no buffer, and most answers come in one piece.
 */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);

/** Larger ones take turns: left alone, a turn of the event loop reads thirty-two buffers, ten milliseconds' worth. */
const largeAnswerBytes = 512 * 1024;

export class Http1Connection implements Carrier, Deadline, LargeAnswer {
  readonly deadlineAt: number;
  previousDeadline: Deadline | undefined;
  nextDeadline: Deadline | undefined;
  idleSince = 0;
  /** From the peer's last hint. */
  keepAliveMs = Infinity;

  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #parser: Http1ResponseParser;
  #exchange: Exchange | undefined;
  #isMade = false;
  #isEnded = false;
  #served = 0;
  #detail: string | undefined;

  constructor(owner: ConnectionOwner, connectBy: number) {
    this.#owner = owner;
    this.deadlineAt = connectBy;
    this.#parser = new Http1ResponseParser(owner.maxAnswerBytes);
    this.#socket = connect({
      host: owner.host,
      port: owner.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => this.#onBytes(length, buffer),
      },
    });
    this.#socket.on('connect', () => this.#onConnect());
    this.#socket.on('error', (error) => (this.#detail ??= describe(error)));
    this.#socket.on('end', () => this.#onPeerEnd());
    this.#socket.on('close', () => this.#end(this.#detail ?? 'the connection was closed'));
  }

  get isConnecting(): boolean {
    return !this.#isMade && !this.#isEnded;
  }

  get isBusy(): boolean {
    return this.#exchange !== undefined;
  }

  /** Sends a request whose head and body are one text, in one write. */
  start(exchange: Exchange, head: string): void {
    this.#exchange = exchange;
    exchange.carrier = this;
    const { body } = exchange;
    if (Buffer.byteLength(body) === body.length) {
      this.#socket.write(`${head}${body.length}\r\n\r\n${body}`, 'latin1');
      return;
    }
    this.#socket.cork();
    this.#socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n`, 'latin1');
    this.#socket.write(body, 'utf8');
    this.#socket.uncork();
  }

  abandon(exchange: Exchange): void {
    exchange.carrier = undefined;
    this.#exchange = undefined;
    this.#end('abandoned');
  }

  /** The connection was not made in time. */
  expire(): void {
    this.#end('no connection in time');
  }

  readOn(): void {
    this.#socket.resume();
  }

  destroy(detail: string): void {
    this.#end(detail);
  }

  #onConnect(): void {
    if (this.#isEnded) return;
    this.#isMade = true;
    this.#owner.onFree(this);
  }

  #onBytes(length: number, buffer: Uint8Array): boolean {
    if (this.#isEnded) return false;
    if (this.#exchange === undefined) {
      this.#end('bytes that nobody asked for');
      return false;
    }
    this.#onOutcome(this.#parser.push(Buffer.from(buffer.buffer, buffer.byteOffset, length)));
    if (this.#isEnded || this.#parser.heldBytes < largeAnswerBytes) return true;
    waitForTurn(this);
    return false;
  }

  #onPeerEnd(): void {
    if (this.#exchange !== undefined && this.#parser.end() === 'done') this.#onOutcome('done');
    this.#end(this.#detail ?? 'the peer closed the connection');
  }

  #onOutcome(outcome: ParseOutcome): void {
    if (outcome === 'more') return;
    if (outcome === 'done') this.#finish();
    else this.#end(outcome === 'malformed' ? this.#parser.problem : 'the answer is too large', outcome);
  }

  #finish(): void {
    const exchange = this.#exchange;
    const { head, hasSurplus, text, encodedBody, bodyBytes } = this.#parser;
    if (exchange === undefined || head === undefined) return;
    this.#exchange = undefined;
    exchange.carrier = undefined;
    if (this.#parser.heldBytes >= largeAnswerBytes) endTurns(this);
    this.#parser.reset();
    this.#served += 1;
    // A peer that answers before it has read the whole request would take the rest of it for the next one.
    if (head.keepsAlive && !hasSurplus && this.#socket.writableLength === 0) {
      if (head.keepAliveMs !== undefined) this.keepAliveMs = head.keepAliveMs - keepAliveHintMarginMs;
      this.#owner.onFree(this);
    } else this.#end('the answer was its last');
    if (head.contentEncoding === '') exchange.onAnswer(head.status, text, bodyBytes);
    else decodeBody(exchange, head.status, encodedBody, head.contentEncoding, this.#owner.maxAnswerBytes);
  }

  #end(detail: string, kind: LinkFault['kind'] = 'lost'): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    endTurns(this);
    this.#socket.destroy();
    this.#parser.drop();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#owner.onEnd(this, this.#isMade ? undefined : detail);
    if (exchange === undefined) return;
    exchange.carrier = undefined;
    const wasStale = kind === 'lost' && this.#served > 0 && !this.#parser.hasStarted;
    exchange.onFault({ kind, wasSent: true, wasStale, detail });
  }
}

function describe(error: Error & { code?: string }): string {
  return error.code ?? error.message;
}
