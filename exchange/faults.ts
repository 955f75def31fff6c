// Faults on demand, for the bank's tests: what an exchange may do wrong without lying. Answers may be late, missing
// or doubled and lines may break, but a trade that happened is always reported in the end.
import type { Clock, Transport } from '@simplebank/fix';

export interface Faults {
  /** Milliseconds by which everything that we send is late. */
  delayMs: number;
  /** So many next direct answers (acknowledgement, reject, cancel answer, status) are never given. */
  dropNext: number;
  /** Each k-th direct answer is never given; 0 turns it off. */
  dropEvery: number;
  /** So many next reports are sent twice, under two numbers. */
  duplicateNext: number;
  duplicateEvery: number;
  /** So many next reports are lost on the wire: the session notices the gap and asks for them. */
  loseNext: number;
  /** Symbols in which no order is accepted. */
  halted: readonly string[];
}

const noFaults = (): Faults => ({
  delayMs: 0,
  dropNext: 0,
  dropEvery: 0,
  duplicateNext: 0,
  duplicateEvery: 0,
  loseNext: 0,
  halted: [],
});

export class FaultSwitches {
  readonly faults: Faults;
  #answers = 0;
  #reports = 0;
  #transport: Transport | undefined;

  constructor(start: Partial<Faults> = {}) {
    this.faults = { ...noFaults(), ...start };
  }

  set(changes: Partial<Faults>): void {
    Object.assign(this.faults, changes);
  }

  dropsAnswer(): boolean {
    this.#answers += 1;
    if (this.faults.dropNext > 0) {
      this.faults.dropNext -= 1;
      return true;
    }
    return this.faults.dropEvery > 0 && this.#answers % this.faults.dropEvery === 0;
  }

  duplicatesReport(): boolean {
    this.#reports += 1;
    if (this.faults.duplicateNext > 0) {
      this.faults.duplicateNext -= 1;
      return true;
    }
    return this.faults.duplicateEvery > 0 && this.#reports % this.faults.duplicateEvery === 0;
  }

  dropConnection(): void {
    this.#transport?.close();
  }

  /** The line between the session and the client, with what goes wrong on it. */
  line(transport: Transport, clock: Clock): Transport {
    this.#transport = transport;
    let lastDueAt = 0;
    return {
      chunks: transport.chunks,
      write: (text) => {
        if (this.faults.loseNext > 0 && text.includes('\u000135=8\u0001')) {
          this.faults.loseNext -= 1;
          return;
        }
        const now = clock.now();
        // What is late must not be overtaken when the delay is lowered.
        lastDueAt = Math.max(lastDueAt, now + this.faults.delayMs);
        if (lastDueAt <= now) transport.write(text);
        else clock.after(lastDueAt - now, () => transport.write(text));
      },
      close: () => transport.close(),
    };
  }
}
