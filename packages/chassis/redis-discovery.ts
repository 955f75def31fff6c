// Replicas find each other in Redis: every process renews a lease for what it serves, and reads everyone's leases in
// the same call. Redis may be away or lose everything: those who know each other go on knowing each other.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Discovery } from './discovery.ts';
import type { Logger } from './log.ts';
import { connectRedis } from './redis-client.ts';
import { createReplicaLeases, type Lease } from './replica-leases.ts';

/** Renewed three times before it runs out, so that a busy machine does not end it; short, so that a dead one is out within a second. */
const leaseMs = 800;
const renewedEveryMs = 200;
/** A Redis that takes longer is away. */
const commandTimeoutMs = 500;
/** A connection that takes longer than this at the start is trouble to be told of; loading a service's code takes a second. */
const firstLookWithinMs = 3_000;
/** A replica that cannot say within this that it is there has not started. */
const announceWithinMs = 10_000;
/** Who has left or died stays in the list for so long, so that every reader sees it. */
const goneKeptMs = 10_000;
/** One key, so that a cluster keeps it in one place. */
const key = 'simplebank:{discovery}';

/**
 * A sorted set of members `service url instance`. The score is the end of the lease by Redis's own clock, or, negative,
 * the moment at which the replica left. ARGV: lease, how long the gone are kept, how many members follow, those that
 * are here, those that have left. A score further ahead than any lease is from before the clock was set back, and who
 * lives has none. Answers members and what is left of their leases, in turn; -1 for one that has left.
 */
const renewAndRead = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease, kept, here = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 4, #ARGV do
  local score = i < 4 + here and now + lease or -now
  redis.call('ZADD', KEYS[1], string.format('%d', score), ARGV[i])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, string.format('%d', now - kept))
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('%d', kept - now), 0)
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('%d', now + kept), '+inf')
local answer = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 2, #answer, 2 do
  local score = tonumber(answer[i])
  answer[i] = score < 0 and -1 or math.max(0, score - now)
end
return answer`;

/** Reads from now on; a process that announces nothing, such as a program of an operator, only reads. */
export function openRedisDiscovery({ url, log }: { url: string; log: Logger }): Discovery {
  const redis = connectRedis(url, commandTimeoutMs);
  // Without a listener a lost connection would end the process; `renew` tells of it, once.
  redis.on('error', () => undefined);
  const leases = createReplicaLeases(leaseMs);
  const here = new Set<string>();
  const left = new Set<string>();
  let isAway = false;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  /** Throws when Redis does not answer. */
  async function renew(): Promise<void> {
    const told = [...left];
    const members = [...here, ...told];
    const answer = await redis.eval(renewAndRead, 1, key, leaseMs, goneKeptMs, here.size, ...members);
    for (const member of told) left.delete(member);
    leases.read(leasesIn(answer), performance.now(), isAway);
    if (isAway) log.info('Redis is back: replicas are found again');
    isAway = false;
  }

  async function renewForEver(): Promise<void> {
    if (isClosed) return;
    const startedAt = performance.now();
    await renew().catch((err: unknown) => {
      if (isClosed) return;
      if (!isAway) log.warn({ err }, 'Redis is away: the replicas known so far are kept');
      isAway = true;
    });
    const pauseMs = Math.max(0, renewedEveryMs - (performance.now() - startedAt));
    if (!isClosed) timer = setTimeout(() => void renewForEver(), pauseMs);
  }
  const connected = new Promise<void>((resolve) => void redis.once('ready', resolve));
  void Promise.race([connected, sleep(firstLookWithinMs, undefined, { ref: false })]).then(renewForEver);

  async function announceSoon(): Promise<void> {
    const givesUpAt = performance.now() + announceWithinMs;
    for (;;) {
      try {
        return await renew();
      } catch (cause) {
        if (performance.now() > givesUpAt) throw new Error('Redis does not answer', { cause });
        await sleep(renewedEveryMs);
      }
    }
  }

  return {
    replicasOf: (service) => leases.replicasOf(service),
    async announce(service, address) {
      const member = `${service} ${address} ${randomUUID()}`;
      here.add(member);
      await announceSoon().catch((fault: unknown) => {
        here.delete(member);
        throw fault;
      });
      return {
        async leave() {
          if (here.delete(member)) left.add(member);
          await renew();
        },
      };
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      redis.disconnect();
    },
  };
}

function leasesIn(answer: unknown): Lease[] {
  const parts = answer as readonly (string | number)[];
  const leases: Lease[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [service = '', url = '', instance = ''] = String(parts[at]).split(' ');
    const leftMs = Number(parts[at + 1]);
    leases.push({ service, url, instance, leftMs: leftMs < 0 ? undefined : leftMs });
  }
  return leases;
}
