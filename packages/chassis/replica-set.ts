// The replicas of one service as one caller sees them: which takes the next call, and which is left alone for a
// while because it does not answer. Knows no network; time and chance are given to it.

/** A replica that failed is left out for so long; then one call tries it. */
export const leftOutMs = 1_000;
/** Slowness is no death: only so many calls in a row without an answer in their time leave a replica out. */
export const timeoutsToLeaveOut = 3;
/** A replica that is no longer listed keeps its connections for so long, in case it only flickered. */
export const forgottenAfterMs = 10_000;

export interface Replica<Link> {
  readonly url: string;
  readonly link: Link;
}

export interface ReplicaSet<Link> {
  /** What discovery says now; those that it has not named for a while are closed. */
  update(urls: readonly string[]): void;
  /** For one call: a replica that is well, or is due to be tried again; undefined when all such are excluded. */
  take(excluded: ReadonlySet<string>): Replica<Link> | undefined;
  /** When none is well: the one that was left out first. Undefined when none is listed. */
  takeLeastBad(): Replica<Link> | undefined;
  /** Each that was taken is given back once. `unknown`: the call showed nothing of the replica. */
  giveBack(replica: Replica<Link>, how: 'answered' | 'failed' | 'late' | 'unknown'): void;
  close(): Promise<void>;
}

interface Kept<Link> extends Replica<Link> {
  inFlight: number;
  /** The turn of its latest call, so that replicas with equal load take turns. */
  turn: number;
  /** 0 while it is well. */
  leftOutUntil: number;
  timeoutsInARow: number;
  /** Undefined while it is listed. */
  unlistedAt: number | undefined;
}

export function createReplicaSet<Link>(options: {
  open: (url: string) => Link;
  close: (link: Link) => Promise<void>;
  now?: () => number;
  /** Below 1 and not negative, as Math.random. */
  random?: () => number;
}): ReplicaSet<Link> {
  const { now = () => performance.now(), random = Math.random } = options;
  const kept = new Map<string, Kept<Link>>();
  let listed: Kept<Link>[] = [];
  let turns = 0;
  const leaveOut = (replica: Kept<Link>) => (replica.leftOutUntil = now() + leftOutMs);

  function known(url: string): Kept<Link> {
    const found = kept.get(url);
    if (found !== undefined) return found;
    const link = options.open(url);
    const replica = {
      url,
      link,
      inFlight: 0,
      turn: 0,
      leftOutUntil: 0,
      timeoutsInARow: 0,
      unlistedAt: undefined,
    };
    kept.set(url, replica);
    return replica;
  }

  function forgetUnlisted(): void {
    for (const replica of kept.values()) {
      if (listed.includes(replica)) continue;
      replica.unlistedAt ??= now();
      if (replica.inFlight > 0 || now() - replica.unlistedAt < forgottenAfterMs) continue;
      kept.delete(replica.url);
      void options.close(replica.link);
    }
  }

  /** The power of two choices: the less loaded of two taken by chance, nearly as even as a look at all of them. */
  function lessLoaded(among: readonly Kept<Link>[]): Kept<Link> | undefined {
    const first = Math.floor(random() * among.length);
    const second = (first + 1 + Math.floor(random() * (among.length - 1))) % among.length;
    const [a, b] = [among[first], among[second]];
    if (a === undefined || b === undefined) return a;
    return a.inFlight === b.inFlight ? (a.turn <= b.turn ? a : b) : a.inFlight < b.inFlight ? a : b;
  }

  function taken(replica: Kept<Link> | undefined): Replica<Link> | undefined {
    if (replica === undefined) return undefined;
    replica.inFlight += 1;
    replica.turn = turns += 1;
    return replica;
  }

  return {
    update(urls) {
      listed = urls.map(known);
      for (const replica of listed) replica.unlistedAt = undefined;
      if (kept.size > listed.length) forgetUnlisted();
    },
    take(excluded) {
      const candidates = excluded.size === 0 ? listed : listed.filter(({ url }) => !excluded.has(url));
      const due = candidates.find(({ leftOutUntil }) => leftOutUntil !== 0 && leftOutUntil <= now());
      if (due !== undefined) {
        // Others leave it alone until this call has shown how it is.
        leaveOut(due);
        return taken(due);
      }
      return taken(lessLoaded(candidates.filter(({ leftOutUntil }) => leftOutUntil === 0)));
    },
    takeLeastBad: () => taken(listed.toSorted((a, b) => a.leftOutUntil - b.leftOutUntil)[0]),
    giveBack({ url }, how) {
      // While it is taken it is not forgotten.
      const found = kept.get(url);
      if (found === undefined) return;
      found.inFlight -= 1;
      if (how === 'answered') found.leftOutUntil = found.timeoutsInARow = 0;
      else if (how === 'failed') leaveOut(found);
      else if (how === 'late' && (found.timeoutsInARow += 1) >= timeoutsToLeaveOut) leaveOut(found);
    },
    async close() {
      await Promise.all([...kept.values()].map(({ link }) => options.close(link)));
    },
  };
}
