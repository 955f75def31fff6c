// A field that fails by throwing, in every subgraph that serves it and in the monolith alike.
import { GraphQLError } from 'graphql';
import { hashOf } from './random.ts';
import type { Thing } from './world.ts';

export interface FieldFault {
  readonly typeName: string;
  readonly field: string;
  /** Entities: one in so many fails. Objects without a reference fail always. */
  readonly oneIn: number;
}

export function throwIfFaulty(
  fault: FieldFault | undefined,
  { stored, reference }: Thing,
  field: string,
): void {
  if (fault === undefined || fault.field !== field || fault.typeName !== stored.$type) return;
  // Nothing is there to fail: perhaps its subgraph has never heard of the entity.
  if (stored[field] === null) return;
  if (reference !== undefined && hashOf(reference) % fault.oneIn !== 0) return;
  throw new GraphQLError('injected', { extensions: { code: 'INJECTED' } });
}
