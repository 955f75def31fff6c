// Values that fields had when they last answered, bounded in number and bytes: what was used longest ago goes first.
// Kept as JSON text, so that nobody's change to an answer reaches the next.

export interface LastKnown {
  get(key: string, maxAgeMs: number): { readonly value: unknown; readonly ageMs: number } | undefined;
  put(key: string, value: unknown): void;
  readonly entries: number;
  readonly bytes: number;
}

export interface LastKnownLimits {
  readonly mostEntries: number;
  readonly mostBytes: number;
  /** Of one value: a list of megabytes would drive everything else out. */
  readonly mostValueBytes: number;
}

/** A few hundred thousand scalars or some thousand objects; well below the engine's 300 MB in all. */
export const defaultLimits: LastKnownLimits = {
  mostEntries: 50_000,
  mostBytes: 32 * 1024 * 1024,
  mostValueBytes: 256 * 1024,
};

/** What a Map entry, its object and two string headers take beside the characters. */
const bytesAnEntry = 120;

interface Entry {
  readonly text: string;
  readonly at: number;
  readonly bytes: number;
}

/** `now` in milliseconds, never backwards. */
export function createLastKnown(
  { mostEntries, mostBytes, mostValueBytes }: LastKnownLimits = defaultLimits,
  now: () => number = () => performance.now(),
): LastKnown {
  // A Map keeps the order of insertion, so the first key is the one put or read longest ago.
  const kept = new Map<string, Entry>();
  let bytes = 0;
  const drop = (key: string, entry: Entry) => {
    kept.delete(key);
    bytes -= entry.bytes;
  };
  return {
    get(key, maxAgeMs) {
      const entry = kept.get(key);
      if (entry === undefined) return undefined;
      const ageMs = now() - entry.at;
      // The age is the field's, so what is too old for one operation is too old for all.
      if (ageMs > maxAgeMs) {
        drop(key, entry);
        return undefined;
      }
      kept.delete(key);
      kept.set(key, entry);
      return { value: JSON.parse(entry.text) as unknown, ageMs };
    },
    put(key, value) {
      const text = JSON.stringify(value);
      if (text === undefined || text.length * 2 > mostValueBytes) return;
      const before = kept.get(key);
      if (before !== undefined) drop(key, before);
      const entry = { text, at: now(), bytes: (key.length + text.length) * 2 + bytesAnEntry };
      kept.set(key, entry);
      bytes += entry.bytes;
      for (const [oldest, its] of kept) {
        if (kept.size <= mostEntries && bytes <= mostBytes) break;
        drop(oldest, its);
      }
    },
    get entries() {
      return kept.size;
    },
    get bytes() {
      return bytes;
    },
  };
}
