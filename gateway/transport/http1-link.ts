// Our own HTTP/1.1 client: the connections to one replica, taken last in first out, and a bounded queue for them.
// What a request does not need (trailers, upgrades, pipelining, streams) is not there; docs/adr/0012 has the figures.
import type { Deadlines } from './deadlines.ts';
import { Http1Connection, type ConnectionOwner } from './http1-connection.ts';
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

export class Http1Link implements Link, ConnectionOwner, Carrier {
  readonly host: string;
  readonly port: number;
  readonly maxAnswerBytes: number;

  readonly #target: LinkTarget;
  readonly #deadlines: Deadlines;
  readonly #headStart: string;
  readonly #connections = new Set<Http1Connection>();
  /** The most recently used is last. */
  readonly #idle: Http1Connection[] = [];
  readonly #queue = new Set<Exchange>();
  #connecting = 0;
  #isRetired = false;

  constructor(target: LinkTarget, deadlines: Deadlines) {
    const { url } = target;
    this.#target = target;
    this.#deadlines = deadlines;
    this.maxAnswerBytes = target.maxAnswerBytes;
    this.host = url.hostname.replace(/^\[|\]$/g, ''); // IPv6 stands in brackets in a URL only
    this.port = url.port === '' ? 80 : Number(url.port);
    this.#headStart =
      `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n` +
      `content-type: application/json\r\naccept: ${acceptedTypes}\r\n`;
  }

  send(exchange: Exchange): void {
    if (this.#isRetired) {
      exchange.onFault(unsent('closed', 'the replica is gone'));
      return;
    }
    const connection = exchange.wantsFreshConnection ? undefined : this.#takeIdle(exchange.isMutation);
    if (connection !== undefined) {
      this.#start(connection, exchange);
      return;
    }
    if (this.#queue.size >= this.#target.maxQueued) {
      exchange.onFault(unsent('queue-full', `${this.#queue.size} requests wait for a connection`));
      return;
    }
    exchange.carrier = this;
    this.#queue.add(exchange);
    this.#connectAsNeeded();
  }

  /** Of an exchange that waits for a connection. */
  abandon(exchange: Exchange): void {
    exchange.carrier = undefined;
    this.#queue.delete(exchange);
  }

  counts(): LinkCounts {
    return { connections: this.#connections.size, idle: this.#idle.length, queued: this.#queue.size };
  }

  sweep(now: number): void {
    // The front ones have been unused for longest.
    while (this.#idle[0] !== undefined && this.#isTooOld(this.#idle[0], now))
      this.#idle[0].destroy('unused for too long');
  }

  retire(): void {
    this.#isRetired = true;
    for (const connection of this.#connections) {
      if (!connection.isBusy) connection.destroy('the replica is gone');
    }
    this.#failQueue(unsent('closed', 'the replica is gone'));
  }

  close(): void {
    this.#isRetired = true;
    for (const connection of this.#connections) connection.destroy('the transport was closed');
    this.#failQueue(unsent('closed', 'the transport was closed'));
  }

  onFree(connection: Http1Connection): void {
    if (connection.idleSince === 0) {
      this.#connecting -= 1;
      this.#deadlines.remove(connection);
    }
    connection.idleSince = performance.now();
    const next = this.#queue.values().next().value;
    if (next !== undefined) {
      this.#queue.delete(next);
      this.#start(connection, next);
    } else if (this.#isRetired) connection.destroy('the replica is gone');
    else this.#idle.push(connection);
  }

  onEnd(connection: Http1Connection, neverMade: string | undefined): void {
    this.#connections.delete(connection);
    const index = this.#idle.lastIndexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    if (neverMade !== undefined) {
      this.#connecting -= 1;
      this.#deadlines.remove(connection);
      const oldest = this.#queue.values().next().value;
      if (oldest !== undefined) {
        this.abandon(oldest);
        oldest.onFault(unsent('refused', neverMade));
      }
    }
    this.#connectAsNeeded();
  }

  #takeIdle(isMutation: boolean): Http1Connection | undefined {
    if (this.#idle.length === 0) return undefined;
    const now = performance.now();
    const last = this.#idle.at(-1);
    if (last === undefined) return undefined;
    if (this.#isTooOld(last, now)) {
      this.sweep(now);
      return undefined;
    }
    if (isMutation && now - last.idleSince > this.#target.mutationIdleMs) return undefined;
    return this.#idle.pop();
  }

  #isTooOld(connection: Http1Connection, now: number): boolean {
    return now - connection.idleSince > Math.min(this.#target.idleConnectionMs, connection.keepAliveMs);
  }

  #start(connection: Http1Connection, exchange: Exchange): void {
    const { deadlineHeader } = this.#target;
    let head = this.#headStart + exchange.lines.text;
    if (deadlineHeader !== undefined) {
      const remainingMs = Math.max(1, Math.floor(exchange.deadlineAt - performance.now()));
      head += `${deadlineHeader}: ${remainingMs}\r\n`;
    }
    connection.start(exchange, `${head}content-length: `);
  }

  #connectAsNeeded(): void {
    while (!this.#isRetired && this.#connecting < this.#queue.size) {
      if (this.#connections.size < this.#target.maxConnections) this.#connect();
      else {
        // Something waits although this one is unused, so it wants a fresh one.
        const unused = this.#idle[0];
        if (unused === undefined) return;
        unused.destroy('makes room for a fresh one');
      }
    }
  }

  #connect(): void {
    this.#connecting += 1;
    const connection = new Http1Connection(this, performance.now() + this.#target.connectMs);
    this.#connections.add(connection);
    this.#deadlines.add(connection);
  }

  #failQueue(fault: LinkFault): void {
    for (const exchange of this.#queue) {
      this.abandon(exchange);
      exchange.onFault(fault);
    }
  }
}
