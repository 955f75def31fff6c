// What the runner's tests share: a runner over the trips with quiet logs, and beginning and watching trips.

import type { Database } from '@simplebank/chassis';
import { strict as assert } from 'node:assert';
import { until } from '@simplebank/testkit';
import { startSagaRunner, type SagaRunner, type SagaRunnerOptions } from './saga-runner.ts';
import type { SagaStatus } from './saga-store.ts';
import type { SagaView } from './saga-view.ts';
import {
  insertTripRow,
  tripPort,
  tripSaga,
  type Plan,
  type Trip,
  type TripCommand,
  type TripHooks,
} from './trip.fixture.ts';

export type TripRunnerOptions = Partial<SagaRunnerOptions<Trip, TripCommand, string>>;

export function tripRunner(db: Database, hooks: TripHooks = {}, options: TripRunnerOptions = {}): SagaRunner {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return startSagaRunner({
    database: db,
    definition: tripSaga,
    port: tripPort(db, hooks),
    log,
    pollMs: 10,
    limits: { firstBackoffMs: 5, longestBackoffMs: 20 },
    ...options,
  });
}

export async function beginTrip(
  db: Database,
  runner: SagaRunner,
  id: string,
  plan: Plan = 'plain',
): Promise<void> {
  await db.transaction(async (tx) => {
    await insertTripRow(tx, id, plan);
    await runner.begin(tx, id);
  });
  runner.nudge(id);
}

export async function viewOne(runner: SagaRunner, id: string): Promise<SagaView> {
  const [view] = await runner.view([id]);
  assert(view !== undefined, `there is no saga ${id}`);
  return view;
}

export async function untilStatus(runner: SagaRunner, id: string, status: SagaStatus): Promise<SagaView> {
  let view = await viewOne(runner, id);
  await until(`${id} is ${status}`, async () => (view = await viewOne(runner, id)).status === status);
  return view;
}
