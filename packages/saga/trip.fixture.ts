// A small business of the tests' own: a trip is booked with a seat and a room, approved, paid (the pivot) and
// ticketed. The trip keeps its replies as a list that `record` appends to blindly, so that a reply recorded
// twice would show; the participants are idempotent and count their calls.

import { sql, type Database, type Transaction } from '@simplebank/chassis';
import { testDatabase, type TestDatabase } from '@simplebank/testkit';
import type { SagaDefinition, SagaPort } from './definition.ts';

const schema = sql(
  'trip.schema',
  `do $$ begin
     create table trip (id text primary key, facts text[] not null default '{}', plan text not null);
     create table effect (trip text, name text, calls int not null default 1, nr int generated always as identity,
       primary key (trip, name));
   end $$`,
);
const insertTrip = sql('trip.insert', 'insert into trip (id, plan) values ($1, $2)');
const selectTrip = sql('trip.select', 'select id, facts, plan from trip where id = $1');
const lockTrip = sql('trip.lock', 'select id from trip where id = $1 for update');
const appendFact = sql(
  'trip.append',
  'update trip set facts = facts || $2::text where id = $1 returning id, facts, plan',
);
const doEffect = sql(
  'effect.do',
  'insert into effect (trip, name) values ($1, $2) on conflict (trip, name) do update set calls = effect.calls + 1',
);
const selectEffects = sql('effect.select', 'select name, calls from effect where trip = $1 order by nr');

/** `plain`; a command that is refused as `refuse:room`; `wait`: the approval comes from outside. */
export type Plan = 'plain' | 'wait' | `refuse:${string}`;

export interface Trip {
  readonly id: string;
  readonly facts: readonly string[];
  readonly plan: Plan;
}

export interface TripCommand {
  readonly act: string;
}

const once =
  (act: string) =>
  ({ facts }: Trip): TripCommand | 'done' =>
    facts.includes(act) ? 'done' : { act };
const undo =
  (act: string) =>
  ({ facts }: Trip): TripCommand | 'done' =>
    facts.includes(`${act} refused`) ? 'done' : { act: `cancel-${act}` };
const ifPaid =
  (directive: (trip: Trip) => TripCommand | 'done') =>
  (trip: Trip): TripCommand | 'done' =>
    trip.facts.includes('pay') ? directive(trip) : 'done';

export const tripSaga: SagaDefinition<Trip, TripCommand> = {
  name: 'trip',
  steps: [
    { name: 'check', kind: 'retriable', command: once('check') },
    { name: 'seat', kind: 'compensatable', command: once('seat'), compensation: undo('seat') },
    { name: 'room', kind: 'compensatable', command: once('room'), compensation: undo('room') },
    {
      name: 'approve',
      kind: 'retriable',
      command: (trip) =>
        trip.plan === 'wait' && !trip.facts.includes('approve') ? 'wait' : once('approve')(trip),
    },
    { name: 'pay', kind: 'pivot', command: once('pay') },
    {
      name: 'tickets',
      kind: 'forward',
      repeats: true,
      command: ifPaid((trip) =>
        (trip.facts.includes('ticket-1') ? once('ticket-2') : once('ticket-1'))(trip),
      ),
    },
  ],
  ending: [{ name: 'tell', kind: 'forward', command: once('tell') }],
  aborted: ({ facts }) => facts.some((fact) => fact === 'canceled' || fact.endsWith(' refused')),
};

/** Where a test looks in or breaks in; `reply` equals the act when it was not refused. */
export interface TripHooks {
  beforeExecute?(trip: Trip, act: string): Promise<void> | void;
  afterExecute?(trip: Trip, act: string): Promise<void> | void;
  /** In the transaction, after the reply was written. */
  recording?(tripId: string, reply: string): Promise<void> | void;
  /** After its commit. */
  recorded?(trip: Trip): void;
}

export function tripPort(
  db: Database,
  hooks: TripHooks = {},
): SagaPort<Trip, TripCommand, string, Transaction> {
  return {
    load: (id) => loadTrip(db, id),
    async execute({ act }, trip) {
      await hooks.beforeExecute?.(trip, act);
      const refused = trip.plan === `refuse:${act}`;
      if (!refused) await db.query(doEffect, [trip.id, act]);
      await hooks.afterExecute?.(trip, act);
      return refused ? `${act} refused` : act;
    },
    async record(tx, id, reply) {
      const trip = await addFact(tx, id, reply);
      await hooks.recording?.(id, reply);
      return trip;
    },
    recorded: (trip) => hooks.recorded?.(trip),
    giveUp: (step) => `${step} refused`,
    inContext: (_trip, work) => work(),
  };
}

/** What an event from outside does: locks the trip and changes it. */
export async function addFact(tx: Transaction, id: string, fact: string): Promise<Trip> {
  await tx.query(lockTrip, [id]);
  const [trip] = await tx.query<Trip>(appendFact, [id, fact]);
  if (trip === undefined) throw new Error(`no trip ${id}`);
  return trip;
}

export async function insertTripRow(tx: Transaction, id: string, plan: Plan = 'plain'): Promise<void> {
  await tx.query(insertTrip, [id, plan]);
}

export async function loadTrip(db: Database, id: string): Promise<Trip> {
  const [trip] = await db.query<Trip>(selectTrip, [id]);
  if (trip === undefined) throw new Error(`no trip ${id}`);
  return trip;
}

/** In the order of their first call. */
export async function effectsOf(db: Database, id: string): Promise<{ name: string; calls: number }[]> {
  return db.query<{ name: string; calls: number }>(selectEffects, [id]);
}

export async function tripDatabase(onStatement?: (name: string) => void): Promise<TestDatabase> {
  const test = await testDatabase({
    migrations: [new URL('./migrations/', import.meta.url)],
    ...(onStatement === undefined ? {} : { onStatement }),
  });
  await test.db.query(schema);
  return test;
}

export const plainStory = ['check', 'seat', 'room', 'approve', 'pay', 'ticket-1', 'ticket-2', 'tell'];
