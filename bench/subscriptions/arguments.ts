// What `npm run bench:subscriptions` can be told. The defaults are the sizes of the goals, and take about five minutes.
import { parseArgs } from 'node:util';
import { z } from 'zod';

export interface SubscriptionsArguments {
  readonly connections: number;
  /** Each begins with another contestant. */
  readonly rounds: number;
  /** Sent to everybody, one after the other, in each round. */
  readonly fanOutEvents: number;
  /** Commits a second. */
  readonly commitRate: number;
  readonly commitSeconds: number;
  /** Written to the results; a trial with small sizes is only shown. */
  readonly writes: boolean;
}

export const usage = `npm run bench:subscriptions -- [--connections 10000] [--rounds 3] [--events 20]
  [--rate 1000] [--seconds 15] [--no-write]`;

const defaults = { connections: '10000', rounds: '3', events: '20', rate: '1000', seconds: '15' };
/** All come from one address, whose ports are about 28,000 on Linux as it comes. */
const mostConnections = 20_000;
/** Ends of connections and files that a process has open besides them. */
const otherFiles = 200;

const whole = (most: number) => z.coerce.number().int().min(1).max(most);
const schema = z.object({
  connections: whole(mostConnections),
  rounds: whole(20),
  events: whole(1_000),
  rate: whole(10_000),
  seconds: whole(120),
});

export function readArguments(words: readonly string[]): SubscriptionsArguments {
  const { values } = parseArgs({
    args: [...words],
    options: {
      connections: { type: 'string', default: defaults.connections },
      rounds: { type: 'string', default: defaults.rounds },
      events: { type: 'string', default: defaults.events },
      rate: { type: 'string', default: defaults.rate },
      seconds: { type: 'string', default: defaults.seconds },
      write: { type: 'boolean', default: true },
    },
    allowNegative: true,
  });
  const { connections, rounds, events, rate, seconds } = schema.parse(values);
  return {
    connections,
    rounds,
    fanOutEvents: events,
    commitRate: rate,
    commitSeconds: seconds,
    writes: values.write,
  };
}

/** From /proc/self/limits. Throws what to do when a process may not have so many connections open. */
export function requireOpenFiles(limits: string, connections: number): void {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  const needed = connections + otherFiles;
  if (soft === undefined || soft === 'unlimited' || Number(soft) >= needed) return;
  throw new Error(
    `${connections} connections need ${needed} open files, and a process may have ${soft}: ulimit -n ${needed}`,
  );
}
