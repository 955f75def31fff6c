// The exchange's state and its FIX session's memory, rebuilt from the journal at start and kept in step with it.
// Compaction writes what is still needed as a new, shorter journal.
import { mkdir } from 'node:fs/promises';
import type { SessionStore, StoredMessage } from '@simplebank/fix';
import type { ClientOrder, OrderEvent } from './domain/client-order.ts';
import { emptyState, evolve, putOrder, type ExchangeState } from './domain/exchange-state.ts';
import { decodeEntries, encodeEntries, type Entry } from './journal-entries.ts';
import { openJournal, type Journal } from './journal.ts';

/** Bytes of a journal that is compacted at the next start; 16 MiB are read in well under a second. */
const COMPACT_ABOVE_BYTES = 16 * 1024 * 1024;
/** Terminal orders that a compaction keeps, newest first, so that their ClOrdIDs are still known. */
const MAX_KEPT_ORDERS = 50_000;
/** Reports kept for resend requests; a client further behind than this has to ask for each order's status. */
const MAX_KEPT_REPORTS = 50_000;
/** Outgoing numbers reserved by one entry, so that heartbeats and quotes need no fsync of their own. */
const RESERVED_BLOCK = 1_000;

export interface Memory {
  readonly state: ExchangeState;
  readonly sessionStore: SessionStore;
  readonly tornBytes: number;
  /** Takes the event into the state and into the journal; returns the order after it. */
  record(event: OrderEvent): ClientOrder;
  /** Notes that an incoming message is done; durable together with what is recorded in the same turn. */
  recordIncoming(seq: number): void;
  close(): Promise<void>;
}

interface MemoryOptions {
  readonly dataDir: string;
  /** Stands in all ids when the folder is new. */
  readonly newIdPrefix: string;
  readonly onFault: (error: unknown) => void;
  readonly compactAboveBytes?: number;
}

interface SessionNumbers {
  nextIncoming: number;
  nextOutgoing: number;
  reserved: number;
  /** In ascending order of their numbers. */
  reports: StoredMessage[];
}

export async function openMemory(options: MemoryOptions): Promise<Memory> {
  const { dataDir, onFault, compactAboveBytes = COMPACT_ABOVE_BYTES } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const opened = await openJournal<Entry>({ dataDir, encode: encodeEntries, decode: decodeEntries, onFault });
  const { journal, entries, bytes, tornBytes } = opened;
  const first = entries[0];
  const idPrefix = first?.kind === 'begun' ? first.idPrefix : options.newIdPrefix;
  if (first === undefined) journal.append({ kind: 'begun', idPrefix });
  const state = emptyState(idPrefix);
  const numbers: SessionNumbers = { nextIncoming: 1, nextOutgoing: 1, reserved: 0, reports: [] };
  for (const entry of entries) apply(state, numbers, entry);
  // Numbers up to the end of the block may have been used by what is not stored.
  numbers.nextOutgoing = Math.max(numbers.nextOutgoing, numbers.reserved + 1);
  if (bytes > compactAboveBytes) await journal.rewrite(snapshot(state, numbers));
  return {
    state,
    sessionStore: sessionStore(journal, numbers),
    tornBytes,
    record(event) {
      const order = evolve(state, event);
      journal.append({ kind: 'event', event });
      return order;
    },
    recordIncoming(seq) {
      numbers.nextIncoming = seq + 1;
      journal.append({ kind: 'incoming', seq });
    },
    close: () => journal.close(),
  };
}

function apply(state: ExchangeState, numbers: SessionNumbers, entry: Entry): void {
  switch (entry.kind) {
    case 'begun':
      return;
    case 'event':
      evolve(state, entry.event);
      return;
    case 'order':
      putOrder(state, entry.order);
      return;
    case 'nextExecution':
      state.nextExecution = entry.next;
      return;
    case 'incoming':
      numbers.nextIncoming = entry.seq + 1;
      return;
    case 'report':
      keepReport(numbers, entry);
      return;
    case 'reserved':
      numbers.reserved = entry.seq;
      return;
    case 'reset':
      resetNumbers(numbers);
  }
}

function keepReport(numbers: SessionNumbers, { seq, message }: StoredMessage): void {
  numbers.nextOutgoing = seq + 1;
  numbers.reports.push({ seq, message });
  // Cut rarely and much, because each cut copies the list.
  if (numbers.reports.length > 2 * MAX_KEPT_REPORTS)
    numbers.reports = numbers.reports.slice(-MAX_KEPT_REPORTS);
}

function resetNumbers(numbers: SessionNumbers): void {
  Object.assign(numbers, { nextIncoming: 1, nextOutgoing: 1, reserved: 0, reports: [] });
}

function sessionStore(journal: Journal<Entry>, numbers: SessionNumbers): SessionStore {
  return {
    load: async () => ({ nextIncoming: numbers.nextIncoming, nextOutgoing: numbers.nextOutgoing }),
    saveOutgoing(seq, message) {
      if (message !== undefined) {
        journal.append({ kind: 'report', seq, message });
        keepReport(numbers, { seq, message });
        return journal.committed();
      }
      numbers.nextOutgoing = seq + 1;
      if (seq <= numbers.reserved) return;
      numbers.reserved = seq + RESERVED_BLOCK;
      journal.append({ kind: 'reserved', seq: numbers.reserved });
      return journal.committed();
    },
    messages: async (from, to) => numbers.reports.filter(({ seq }) => seq >= from && seq <= to),
    saveIncoming(seq) {
      numbers.nextIncoming = seq + 1;
      journal.append({ kind: 'incoming', seq });
    },
    async reset() {
      resetNumbers(numbers);
      journal.append({ kind: 'reset' });
      await journal.committed();
    },
  };
}

function snapshot(state: ExchangeState, numbers: SessionNumbers): Entry[] {
  const orders = [...state.orders.values()];
  const ended = orders.filter(({ state: is }) => is !== 'working').slice(-MAX_KEPT_ORDERS);
  const kept = new Set(ended);
  return [
    { kind: 'begun', idPrefix: state.idPrefix },
    ...orders
      .filter((order) => order.state === 'working' || kept.has(order))
      .map((order): Entry => ({ kind: 'order', order })),
    { kind: 'nextExecution', next: state.nextExecution },
    { kind: 'incoming', seq: numbers.nextIncoming - 1 },
    ...numbers.reports.slice(-MAX_KEPT_REPORTS).map((report): Entry => ({ kind: 'report', ...report })),
    { kind: 'reserved', seq: numbers.nextOutgoing - 1 },
  ];
}
