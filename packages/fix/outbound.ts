// The outgoing half of a session: gives each message its number, has it saved, and writes messages strictly in
// that order once they are saved. Many saves may be under way at once, so that one fsync serves many reports.
import type { Clock } from './clock.ts';
import { asPossibleDuplicate, encode } from './encode.ts';
import { messageForms, type FixMessage, type Header } from './messages.ts';
import { planReplay } from './replay.ts';
import type { SessionStore, StoredMessage } from './store.ts';
import type { Transport } from './transport.ts';

/** Messages read from the store at once for a replay, so that a long absence does not fill the memory. */
const REPLAY_PAGE = 500;
/** Orders of one connection kept for its resend requests; a gap is noticed long before so many have gone out. */
const MAX_KEPT_ON_CONNECTION = 10_000;

/**
 * `written`: handed to the connection; whether it arrives shows in the answer. `stored`: it will be replayed
 * at the next logon. A message that was not sent will never be: its number is gap-filled.
 */
export type SendResult =
  | { readonly ok: true; readonly seq: number; readonly delivery: 'written' | 'stored' }
  | { readonly ok: false; readonly code: 'NOT_LOGGED_ON' | 'CONNECTION_LOST' };

interface Item {
  readonly seq: number;
  readonly text: string;
  readonly message: FixMessage;
  readonly wire: Transport | undefined;
  readonly settle: (result: SendResult) => void;
  saved: boolean;
}

interface OutboundOptions {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly senderCompId: string;
  readonly targetCompId: string;
  /** A save failed: the message was not sent, and the connection cannot go on. */
  readonly onFault: (error: unknown) => void;
  readonly onWritten: () => void;
}

export class Outbound {
  nextSeq = 1;
  readonly #options: OutboundOptions;
  readonly #queue: Item[] = [];
  readonly #keptOnConnection = new Map<number, string>();
  #wire: Transport | undefined;
  #held = false;
  #drained: (() => void)[] = [];

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /** What is put from now on goes out on this connection, beginning with our Logon. */
  open(wire: Transport): void {
    this.#wire = wire;
    this.#held = false;
    this.#keptOnConnection.clear();
  }

  close(): void {
    this.#wire = undefined;
    this.#held = false;
    this.#keptOnConnection.clear();
    this.#flush();
  }

  /** Takes a number at once. Throws when the message cannot be encoded, rejects when it cannot be saved. */
  put(message: FixMessage, possResend = false): Promise<SendResult> {
    const seq = this.nextSeq;
    const text = encode(message, { ...this.#header(seq), possResend });
    this.nextSeq += 1;
    const { promise, resolve, reject } = Promise.withResolvers<SendResult>();
    const item: Item = { seq, text, message, wire: this.#wire, settle: resolve, saved: false };
    this.#queue.push(item);
    const failed = (error: unknown): void => {
      this.#queue.splice(this.#queue.indexOf(item), 1);
      reject(new Error(`message ${seq} could not be saved`, { cause: error }));
      this.#options.onFault(error);
      this.#flush();
    };
    const done = (): void => {
      item.saved = true;
      this.#flush();
    };
    const stored = messageForms[message.msgType].replay === 'stored';
    Promise.try(() => this.#options.store.saveOutgoing(seq, stored ? text : undefined)).then(done, failed);
    return promise;
  }

  /** Resolves when every message put so far has been saved and has left, or has failed. */
  drained(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Sends a range again; `to` 0 means all. Live messages wait, so that the peer sees ascending numbers. */
  async replay(from: number, to: number): Promise<void> {
    const wire = this.#wire;
    if (wire === undefined) return;
    this.#held = true;
    try {
      const lastWritten = (this.#queue[0]?.seq ?? this.nextSeq) - 1;
      const end = to === 0 ? lastWritten : Math.min(to, lastWritten);
      for (let at = from; at <= end; at += REPLAY_PAGE) {
        await this.#replayPage(wire, at, Math.min(at + REPLAY_PAGE - 1, end));
      }
    } finally {
      if (this.#wire === wire) this.#held = false;
      this.#flush();
    }
  }

  async #replayPage(wire: Transport, from: number, to: number): Promise<void> {
    const kept: StoredMessage[] = [];
    for (const [seq, message] of this.#keptOnConnection)
      if (seq >= from && seq <= to) kept.push({ seq, message });
    const stored = await this.#options.store.messages(from, to);
    const again = [...stored, ...kept].toSorted((a, b) => a.seq - b.seq);
    for (const step of planReplay(from, to, again)) {
      if (step.kind === 'again') {
        wire.write(asPossibleDuplicate(step.message, this.#options.clock.now()));
        continue;
      }
      const header = { ...this.#header(step.seq), possDup: true };
      wire.write(encode({ msgType: '4', gapFillFlag: true, newSeqNo: step.newSeqNo }, header));
    }
    this.#options.onWritten();
  }

  #flush(): void {
    while (!this.#held && this.#queue[0]?.saved === true) {
      const item = this.#queue.shift()!;
      const replay = messageForms[item.message.msgType].replay;
      if (item.wire !== undefined && item.wire === this.#wire) {
        if (replay === 'connection') this.#keep(item);
        item.wire.write(item.text);
        this.#options.onWritten();
        item.settle({ ok: true, seq: item.seq, delivery: 'written' });
      } else if (replay === 'stored') {
        item.settle({ ok: true, seq: item.seq, delivery: 'stored' });
      } else {
        item.settle({ ok: false, code: 'CONNECTION_LOST' });
      }
    }
    if (this.#queue.length === 0) for (const resolve of this.#drained.splice(0)) resolve();
  }

  #keep(item: Item): void {
    this.#keptOnConnection.set(item.seq, item.text);
    if (this.#keptOnConnection.size <= MAX_KEPT_ON_CONNECTION) return;
    for (const oldest of this.#keptOnConnection.keys()) {
      this.#keptOnConnection.delete(oldest);
      break;
    }
  }

  #header(msgSeqNum: number): Header {
    const { senderCompId, targetCompId, clock } = this.#options;
    return {
      msgSeqNum,
      senderCompId,
      targetCompId,
      sendingTime: clock.now(),
      possDup: false,
      possResend: false,
    };
  }
}
