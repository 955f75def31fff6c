// The way through a definition, without a database: for any definition and any answers.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkDefinition, pivotIndex } from './check-definition.ts';
import type { SagaDefinition, SagaStep, StepKind } from './definition.ts';
import { backoffMs, defaultLimits } from './limits.ts';
import { afterReply, findNext, type Standing } from './position.ts';

type Done = readonly string[];

function step(name: string, kind: StepKind): SagaStep<Done, string> {
  const command = (done: Done): string => (done.includes(name) ? 'done' : name);
  return kind === 'compensatable'
    ? { name, kind, command, compensation: () => `undo ${name}` }
    : { name, kind, command };
}

function definitionOf(kinds: readonly StepKind[], ending = 1): SagaDefinition<Done, string> {
  return {
    name: 'test',
    steps: kinds.map((kind, index) => step(`${kind} ${index}`, kind)),
    ending: Array.from({ length: ending }, (_, index) => step(`ending ${index}`, 'forward')),
    aborted: (done) => done.includes('abort'),
  };
}

/** Answers the commands in order; after `abortAfter` commands the state says that the story is aborted. */
function walk(definition: SagaDefinition<Done, string>, abortAfter: number): string[] {
  const at = new Date(0);
  const commands: string[] = [];
  let state: Done = abortAfter === 0 ? ['abort'] : [];
  let standing: Standing = { position: { phase: 'forward', index: 0 }, log: {} };
  for (;;) {
    const next = findNext(definition, standing, state, at);
    if (next.kind !== 'execute') return commands;
    commands.push(next.command);
    state = [...state, next.command, ...(commands.length === abortAfter ? ['abort'] : [])];
    standing = afterReply(definition, next, state, at);
  }
}

const anyKinds = fc
  .record({
    before: fc.array(fc.constantFrom<StepKind>('retriable', 'compensatable'), { maxLength: 5 }),
    pivot: fc.boolean(),
    after: fc.array(fc.constantFrom<StepKind>('retriable', 'forward'), { maxLength: 4 }),
  })
  .map(({ before, pivot, after }) => (pivot ? [...before, 'pivot' as const, ...after] : before))
  .filter((kinds) => kinds.length > 0);

test('an abort undoes what was begun before the pivot, in reverse; later it changes nothing', () => {
  fc.assert(
    fc.property(anyKinds, fc.nat({ max: 12 }), (kinds, abortAfter) => {
      const definition = definitionOf(kinds);
      checkDefinition(definition);
      const names = definition.steps.map(({ name }) => name);
      const commands = walk(definition, abortAfter);
      // The reply of the last step before the pivot still turns it; at the pivot's own it is too late.
      if (abortAfter > pivotIndex(definition)) {
        assert.deepEqual(commands, [...names, 'ending 0']);
        return;
      }
      const begun = names.slice(0, Math.max(1, abortAfter)).slice(0, pivotIndex(definition));
      const undone = begun.filter((name) => name.startsWith('compensatable')).map((name) => `undo ${name}`);
      if (pivotIndex(definition) > 0) {
        assert.deepEqual(commands, [...names.slice(0, abortAfter), ...undone.toReversed(), 'ending 0']);
      } else {
        assert.deepEqual(commands, [...names, 'ending 0']);
      }
    }),
  );
});

test('a definition without an ending ends after its last step and after its compensations', () => {
  const definition = definitionOf(['compensatable', 'pivot'], 0);
  assert.deepEqual(walk(definition, 99), ['compensatable 0', 'pivot 1']);
  assert.deepEqual(walk(definition, 1), ['compensatable 0', 'undo compensatable 0']);
});

test('refuses a definition that could not keep its promise', () => {
  const good = definitionOf(['retriable', 'pivot', 'forward']);
  checkDefinition(good);
  const [first, pivot, last] = good.steps;
  assert(first !== undefined && pivot !== undefined && last !== undefined);
  const bad: [RegExp, Partial<SagaDefinition<Done, string>>][] = [
    [/no steps/, { steps: [] }],
    [/two steps named/, { ending: [first] }],
    [/2 pivots/, { steps: [pivot, { ...pivot, name: 'another' }] }],
    [/has no compensation/, { steps: [{ ...first, kind: 'compensatable' }] }],
    [/after the pivot/, { steps: [pivot, { ...last, kind: 'compensatable', compensation: () => 'done' }] }],
    [/before the pivot/, { steps: [last, pivot] }],
    [/would never run/, { steps: [{ ...pivot, compensation: () => 'done' }] }],
    [/not forward only/, { ending: [{ ...last, name: 'end', kind: 'pivot' }] }],
  ];
  for (const [message, part] of bad) assert.throws(() => checkDefinition({ ...good, ...part }), message);
});

test('the pauses between attempts double up to the longest, about five seconds before giving up', () => {
  const pauses = Array.from({ length: defaultLimits.attemptsBeforeGivingUp - 1 }, (_, index) =>
    backoffMs(index + 1, defaultLimits),
  );
  assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1_600, 2_000]);
  assert.equal(backoffMs(10_000, defaultLimits), 2_000);
});
