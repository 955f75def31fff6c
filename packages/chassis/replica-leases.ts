// What one process knows of all replicas from the leases that they renew, by its own clock: who counts as running
// does not change while nobody can be asked, and is not forgotten because the list was lost. Knows no network.

/** A replica as it stands in the list. */
export interface Lease {
  readonly service: string;
  readonly url: string;
  /** Tells processes apart that listen at one address. */
  readonly instance: string;
  /** Of its lease, by the list's clock; undefined when it has left by itself. */
  readonly leftMs: number | undefined;
}

/**
 * A service's last replica is not dropped when its lease runs out, but after this: nobody is better, and it may be
 * the machine that stood still. Not for ever, since its port may be another's by then.
 */
export const lastKeptMs = 10_000;

export interface ReplicaLeases {
  /** The list as it was read; `isFirstAgain` when it could not be read before. */
  read(leases: readonly Lease[], atMs: number, isFirstAgain: boolean): void;
  replicasOf(service: string): readonly string[];
}

interface Known {
  readonly service: string;
  readonly url: string;
  endsAtMs: number;
}

export function createReplicaLeases(leaseMs: number): ReplicaLeases {
  const known = new Map<string, Known>();
  let urls: ReadonlyMap<string, readonly string[]> = new Map();

  function dropEnded(atMs: number): void {
    const running = new Set([...known.values()].filter(({ endsAtMs }) => endsAtMs > atMs).map(serviceOf));
    for (const [key, { service, endsAtMs }] of known) {
      const keptMs = running.has(service) ? 0 : lastKeptMs;
      if (endsAtMs + keptMs <= atMs) known.delete(key);
    }
  }

  return {
    read(leases, atMs, isFirstAgain) {
      // The list may be empty or old: those who live have a lease's time to say so again.
      if (isFirstAgain)
        for (const replica of known.values()) replica.endsAtMs = Math.max(replica.endsAtMs, atMs + leaseMs);
      for (const { service, url, instance, leftMs } of leases) {
        const key = `${service} ${instance}`;
        if (leftMs === undefined) known.delete(key);
        else if (leftMs > 0) known.set(key, { service, url, endsAtMs: atMs + leftMs });
      }
      dropEnded(atMs);
      const byService = Map.groupBy(known.values(), serviceOf);
      urls = new Map(
        [...byService].map(([service, replicas]) => [service, [...new Set(replicas.map(({ url }) => url))]]),
      );
    },
    replicasOf: (service) => urls.get(service) ?? [],
  };
}

const serviceOf = ({ service }: { service: string }) => service;
