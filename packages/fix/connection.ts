// One connection of a session, from the first byte to the reason of its end; the session itself lives on.
import type { Clock } from './clock.ts';
import type { Liveness } from './liveness.ts';
import type { SessionEnd, SessionState } from './session-options.ts';
import type { Transport } from './transport.ts';

/** Milliseconds until a resend that did not come is asked for again. */
const RESEND_PATIENCE_MS = 5_000;

export type Ending = Omit<SessionEnd, 'loggedOn'>;

export class Connection {
  readonly transport: Transport;
  state: Exclude<SessionState, 'disconnected'> = 'logging-on';
  loggedOn = false;
  /** Our handler is at work, so nothing is read. */
  busy = false;
  liveness: Liveness | undefined;
  readonly #clock: Clock;
  readonly #finished = Promise.withResolvers<void>();
  #ending: Ending | undefined;
  #asked: { from: number; at: number } | undefined;
  #cancelTimeout: () => void = () => {};

  constructor(transport: Transport, clock: Clock) {
    this.transport = transport;
    this.#clock = clock;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The first reason counts. Closing the transport ends the reading loop. */
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.transport.close();
  }

  /** Unless something happens first; there is one such deadline at a time. */
  endAfter(delayMs: number, ending: Ending): void {
    this.#cancelTimeout();
    this.#cancelTimeout = this.#clock.after(delayMs, () => this.end(ending));
  }

  cancelTimeout(): void {
    this.#cancelTimeout();
  }

  /** Whether to ask for a resend from this number now, or an earlier request is still to be answered. */
  shallAsk(from: number): boolean {
    const now = this.#clock.now();
    if (this.#asked?.from === from && now - this.#asked.at < RESEND_PATIENCE_MS) return false;
    this.#asked = { from, at: now };
    return true;
  }

  /** Nothing more is read or sent. */
  finish(): SessionEnd {
    this.end({ code: 'PEER_CLOSED', text: 'the peer closed the connection' });
    this.#cancelTimeout();
    this.liveness?.stop();
    return { ...this.#ending!, loggedOn: this.loggedOn };
  }

  announceFinished(): void {
    this.#finished.resolve();
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }
}
