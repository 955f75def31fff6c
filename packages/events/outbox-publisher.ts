// Publishes the outbox for the active relay, and notices when the bus has lost what it had: before each publish, and
// about once a second without one. Then the rows that some group may not have handled are published again, in their
// order and before newer ones; consumers drop by their inbox what they have had.
import type { Database } from '@simplebank/chassis';
import { EventsLost, type Bus, type BusLog, type StreamMark } from './bus.ts';
import { markPublished, readBusMark, readOutbox, storeHandledUntil, unpublish } from './relay-store.ts';

/** Events of one publish: enough to carry thousands a second, little enough for a short lock on the bus. */
const BATCH_EVENTS = 500;
/** Without a nudge the outbox is looked at this often; other replicas' events wait at most this long. */
const POLL_MS = 50;
/** A bus that has lost something while nothing was published is noticed after this. */
const LOOK_EVERY_MS = 1_000;
/** More than the database's clock is ever set back while it runs. */
const CLOCK_MARGIN_MS = 60_000;

/** What a relay needs of the bus. */
export type RelayTarget = Pick<Bus, 'publish' | 'settled'>;

export interface OutboxPublisherOptions {
  readonly database: Database;
  readonly bus: RelayTarget;
  readonly stream: string;
  readonly log: BusLog;
  /** Names this relay as the holder of the lease. */
  readonly owner: string;
}

/** What was published up to `at`, by the database's clock, is on the bus as the mark says. */
interface Checkpoint {
  readonly mark: StreamMark;
  readonly at: Date;
}

export class OutboxPublisher {
  readonly #options: OutboxPublisherOptions;
  /** As it is stored; undefined when it has to be read again. */
  #mark: StreamMark | null | undefined;
  #lookedAt = -Infinity;
  /** The one that the groups are to reach, and the last one. */
  #awaited: Checkpoint | undefined;
  #latest: Checkpoint | undefined;

  constructor(options: OutboxPublisherOptions) {
    this.#options = options;
  }

  /** One step of the relay that has the lease; answers after how many milliseconds the next one is due. */
  async publishNext(): Promise<number> {
    const known = this.#mark ?? (await this.#readMark());
    if (known === undefined) return POLL_MS;
    try {
      if (performance.now() - this.#lookedAt >= LOOK_EVERY_MS) return await this.#look(known);
      return await this.#publish(known);
    } catch (error) {
      if (!(error instanceof EventsLost)) throw error;
      await this.#publishAgain(error, known);
      return 0;
    }
  }

  /** Another relay may have had the lease since. */
  async #readMark(): Promise<StreamMark | null | undefined> {
    const { database, owner } = this.#options;
    this.#mark = await readBusMark(database, owner);
    this.#awaited = undefined;
    this.#latest = undefined;
    return this.#mark;
  }

  async #publish(markBefore: StreamMark | null): Promise<number> {
    const { database, bus, stream, owner } = this.#options;
    const rows = await readOutbox(database, owner, BATCH_EVENTS);
    if (rows.length === 0) return POLL_MS;
    const events = rows.map((row) => row.envelope);
    const mark = await bus.publish(stream, events, markBefore);
    const at = await markPublished(database, { owner, rows, markBefore, mark });
    this.#mark = at && mark;
    if (at === undefined) return 0;
    this.#latest = { mark, at };
    this.#awaited ??= this.#latest;
    return rows.length === BATCH_EVENTS ? 0 : POLL_MS;
  }

  /** Throws when the bus has lost something; and moves on what every group has handled. */
  async #look(markBefore: StreamMark | null): Promise<number> {
    const { database, bus, stream, owner } = this.#options;
    const mark = await bus.publish(stream, [], markBefore);
    if (mark !== markBefore) {
      const at = await markPublished(database, { owner, rows: [], markBefore, mark });
      this.#mark = at && mark;
    }
    const awaited = this.#awaited;
    if (awaited !== undefined && (await bus.settled(stream, awaited.mark))) {
      await storeHandledUntil(database, owner, awaited.at);
      this.#awaited = this.#latest === awaited ? undefined : this.#latest;
    }
    this.#lookedAt = performance.now();
    return 0;
  }

  async #publishAgain({ mark, everything }: EventsLost, known: StreamMark | null): Promise<void> {
    const { database, stream, log, owner } = this.#options;
    const marginMs = everything ? 'everything' : CLOCK_MARGIN_MS;
    const events = await unpublish(database, { owner, markBefore: known, mark, marginMs });
    this.#mark = undefined;
    // A relay that begins on a bus with nothing published yet has lost nothing.
    if (known === null && events === 0) return;
    log.warn(
      { stream, events },
      'the bus has lost events; what may not have been handled is published again',
    );
  }
}
