// What a definition must keep so that the runner can promise anything. A definition that breaks a rule is a
// bug, found when the service starts and not when the first order fails.

import { strict as assert } from 'node:assert';
import type { SagaDefinition } from './definition.ts';

export function checkDefinition<State, Command>(definition: SagaDefinition<State, Command>): void {
  const { name, steps, ending } = definition;
  assert(steps.length > 0, `saga ${name} has no steps`);

  const names = [...steps, ...ending].map((step) => step.name);
  const repeated = names.find((stepName, index) => names.indexOf(stepName) !== index);
  assert(repeated === undefined, `saga ${name} has two steps named ${repeated}`);

  const pivots = steps.filter(({ kind }) => kind === 'pivot').length;
  assert(pivots <= 1, `saga ${name} has ${pivots} pivots; it may have one`);

  const pivot = pivotIndex(definition);
  for (const [index, step] of steps.entries()) {
    const rule = `step ${step.name} of saga ${name}`;
    if (step.kind === 'compensatable') {
      assert(step.compensation !== undefined, `${rule} is compensatable and has no compensation`);
      assert(index < pivot, `${rule} stands after the pivot, where nothing is compensated`);
    }
    if (step.kind === 'forward')
      assert(index > pivot, `${rule} only goes forward, but stands before the pivot`);
    assert(
      step.compensation === undefined || index < pivot,
      `${rule} has a compensation that would never run`,
    );
  }
  for (const step of ending) {
    const ordinary = step.kind === 'retriable' || step.kind === 'forward';
    assert(
      ordinary && step.compensation === undefined,
      `ending step ${step.name} of saga ${name} is not forward only`,
    );
  }
}

/** The index of the first step from which there is no way back; without a pivot every step has one. */
export function pivotIndex<State, Command>({ steps }: SagaDefinition<State, Command>): number {
  const index = steps.findIndex(({ kind }) => kind === 'pivot');
  return index === -1 ? steps.length : index;
}
