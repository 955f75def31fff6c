// Replicas as the platform's DNS names them: a headless service of Kubernetes, or a service of a compose file, has
// one address record a replica. The platform adds those that are ready, and takes away those that leave or die.
import { lookup as systemLookup } from 'node:dns/promises';
import type { Discovery } from './discovery.ts';
import type { Logger } from './log.ts';

/** A dead replica costs no more than one refused connection, so more often brings little. */
const standardRefreshMs = 1_000;
/** The name exists for nobody, or has no addresses: then there are no replicas. Any other error is the resolver's. */
const nobody: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA']);

export interface DnsDiscoveryOptions {
  /** By service, whose name is its host name: the port at which all its replicas listen. */
  readonly ports: Readonly<Record<string, number>>;
  readonly log: Logger;
  /**
   * By default the system's own resolver (getaddrinfo), since it honours the search domains of Kubernetes and
   * /etc/hosts; DNS asked directly would not.
   */
  readonly lookup?: (hostname: string) => Promise<readonly { address: string; family: number }[]>;
  readonly refreshedEveryMs?: number;
}

export function openDnsDiscovery(options: DnsDiscoveryOptions): Discovery {
  const { ports, log, refreshedEveryMs = standardRefreshMs } = options;
  const { lookup = (hostname: string) => systemLookup(hostname, { all: true }) } = options;
  const known = new Map<string, readonly string[]>();
  const failing = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function addressesOf(service: string, port: number): Promise<readonly string[]> {
    try {
      const found = await lookup(service);
      return found.map(({ address, family }) => `http://${family === 6 ? `[${address}]` : address}:${port}`);
    } catch (fault) {
      if (fault instanceof Error && 'code' in fault && nobody.has(fault.code)) return [];
      throw fault;
    }
  }

  async function refresh(service: string, port: number): Promise<void> {
    try {
      known.set(service, await addressesOf(service, port));
      if (failing.delete(service)) log.info({ peer: service }, 'the resolver answers again');
    } catch (err) {
      if (!failing.has(service))
        log.warn({ err, peer: service }, 'the resolver fails: what it said last is kept');
      failing.add(service);
    }
  }

  async function refreshForEver(): Promise<void> {
    // One by one: a resolver that hangs holds a thread of the process for each name that is asked for.
    for (const [service, port] of Object.entries(ports)) if (!isClosed) await refresh(service, port);
    if (!isClosed) timer = setTimeout(() => void refreshForEver(), refreshedEveryMs);
  }
  const first = refreshForEver();

  return {
    replicasOf: (service) => known.get(service) ?? [],
    async announce() {
      // The platform announces and withdraws; a replica only waits until it knows the others itself.
      await first;
      return { leave: async () => undefined };
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
