// A process that runs one trip up to each moment at which a process can die, holds them all there, and kills
// itself with SIGKILL: `node killed-worker.fixture.ts <database url> <lease ms>`. The trip's id says where it is held:
// `<moment>:<act>`.

import { openDatabase, type Database } from '@simplebank/chassis';
import { strict as assert } from 'node:assert';
import { momentsOfDeath, planOf } from './moments-of-death.fixture.ts';
import { beginTrip, tripRunner } from './saga-test.fixture.ts';
import { tripPort } from './trip.fixture.ts';

const [url, leaseMs] = process.argv.slice(2);
assert(url !== undefined && leaseMs !== undefined);

const held = new Set<string>();

/** Never resolves where this trip is to die; when all trips have come to their moment, everything ends. */
async function hold(tripId: string, moment: string, act: string): Promise<void> {
  if (tripId !== `${moment}:${act}`) return;
  held.add(tripId);
  if (held.size === momentsOfDeath.length) process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
}

// Each trip that is held while it records keeps a connection.
const db = openDatabase({ url, service: 'killed-worker', poolSize: 40 });
const hooks = {
  beforeExecute: (trip: { id: string }, act: string) => hold(trip.id, 'before', act),
  afterExecute: (trip: { id: string }, act: string) => hold(trip.id, 'executed', act),
  recording: (id: string, reply: string) => hold(id, 'recording', reply),
};
const port = tripPort(db, hooks);

/** After each commit the trip may have to die before the runner knows that it happened. */
const database: Database = {
  query: (statement, values) => db.query(statement, values),
  listen: (channel, onNotification) => db.listen(channel, onNotification),
  close: () => db.close(),
  async transaction(work) {
    let recorded: { id: string; reply: string } | undefined;
    const result = await db.transaction(async (tx) => {
      const outcome = await work(tx);
      recorded = lastRecorded.get(tx);
      return outcome;
    });
    if (recorded !== undefined) await hold(recorded.id, 'committed', recorded.reply);
    return result;
  },
};
const lastRecorded = new WeakMap<object, { id: string; reply: string }>();

const runner = tripRunner(db, hooks, {
  database,
  leaseMs: Number(leaseMs),
  concurrency: momentsOfDeath.length,
  port: {
    ...port,
    async record(tx, id, reply) {
      const trip = await port.record(tx, id, reply);
      lastRecorded.set(tx, { id, reply });
      return trip;
    },
  },
});
await Promise.all(momentsOfDeath.map((id) => beginTrip(db, runner, id, planOf(id))));
