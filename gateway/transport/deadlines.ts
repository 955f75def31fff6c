// One timer for all that waits. It is set for the earliest deadline only and is not touched when something ends in
// time, so that a fetch costs two list operations instead of a timer of its own.

/** Something with a deadline. The links of the list stand in it, so that waiting takes no memory of its own. */
export interface Deadline {
  /** On the clock of performance.now(). */
  readonly deadlineAt: number;
  previousDeadline: Deadline | undefined;
  nextDeadline: Deadline | undefined;
  /** It has been taken off the list. */
  expire(): void;
}

/** A timer may fire a little before the time that it was set for. */
const timerEarlyMs = 1;
/** Node's timers take no more: 24 days. */
const longestTimerMs = 2 ** 31 - 1;

export class Deadlines {
  #first: Deadline | undefined;
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Infinity;
  readonly #fire = (): void => this.#expireDue();

  add(item: Deadline): void {
    item.previousDeadline = undefined;
    item.nextDeadline = this.#first;
    if (this.#first !== undefined) this.#first.previousDeadline = item;
    this.#first = item;
    if (item.deadlineAt < this.#firesAt) this.#setTimer(item.deadlineAt);
  }

  remove(item: Deadline): void {
    const { previousDeadline, nextDeadline } = item;
    if (previousDeadline === undefined) {
      if (this.#first !== item) return; // it is not on the list any more
      this.#first = nextDeadline;
    } else previousDeadline.nextDeadline = nextDeadline;
    if (nextDeadline !== undefined) nextDeadline.previousDeadline = previousDeadline;
    item.previousDeadline = undefined;
    item.nextDeadline = undefined;
  }

  /** All that wait, for what is rare. A copy, since who is told may end others. */
  all(): Deadline[] {
    const items: Deadline[] = [];
    for (let item = this.#first; item !== undefined; item = item.nextDeadline) items.push(item);
    return items;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#firesAt = Infinity;
  }

  #setTimer(at: number): void {
    clearTimeout(this.#timer);
    this.#firesAt = at;
    const delay = Math.min(longestTimerMs, Math.max(1, Math.ceil(at - performance.now())));
    this.#timer = setTimeout(this.#fire, delay).unref();
  }

  #expireDue(): void {
    this.#firesAt = Infinity;
    const now = performance.now() + timerEarlyMs;
    const due: Deadline[] = [];
    let earliest = Infinity;
    for (const item of this.all()) {
      if (item.deadlineAt <= now) due.push(item);
      else earliest = Math.min(earliest, item.deadlineAt);
    }
    if (earliest < Infinity) this.#setTimer(earliest);
    for (const item of due) {
      // Another one's expiry may have ended it: an item off the list has no neighbours and is not the first.
      if (item.previousDeadline === undefined && this.#first !== item) continue;
      this.remove(item);
      item.expire();
    }
  }
}
