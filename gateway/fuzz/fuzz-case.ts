// One supergraph with its data and one operation against it: what a seed leads to, what is shrunk, and what is written out.
import type { GraphQLSchema } from 'graphql';
import { chooseFaults } from './choose-faults.ts';
import { compose } from './compose.ts';
import { Facts, type Sdls } from './facts.ts';
import { NoData } from './invent-leaf.ts';
import { inventOperation, type Operation } from './invent-operation.ts';
import { inventSubgraphs } from './invent-subgraphs.ts';
import { inventWorld } from './invent-world.ts';
import type { Faults } from './open-case.ts';
import { CannotPlace } from './place-type.ts';
import { Random, seedOf } from './random.ts';
import type { World } from './world.ts';

export interface FuzzCase {
  readonly sdls: Sdls;
  readonly world: World;
  readonly operation: Operation;
  readonly faults: Faults;
}

/** Labels of the parts that have chances of their own. */
const parts = { subgraphs: 1, world: 2, operation: 3, faults: 4 };

/** Each attempt wishes for fewer of federation's features than the one before. */
const mostAttempts = 8;

export interface Invented {
  readonly sdls: Sdls;
  readonly world: World;
  /** As composed. */
  readonly supergraph: string;
  /** Why earlier attempts failed: composition's codes, or what did not fit together. */
  readonly refused: readonly string[];
}

/** The supergraph with that number under that seed; undefined when no attempt composed. */
export function inventSupergraph(
  seed: number,
  number: number,
): Invented | { readonly refused: readonly string[] } {
  const refused: string[] = [];
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    try {
      const features = attempt < 4 ? 1 : 1 - (attempt - 3) / (mostAttempts - 3);
      const random = new Random(seedOf(seed, number, parts.subgraphs, attempt));
      const sdls = inventSubgraphs(random, features);
      const composed = compose(sdls);
      if ('errors' in composed) {
        refused.push(composed.errors[0]?.split(':')[0] ?? 'unknown');
        continue;
      }
      const world = inventWorld(new Facts(sdls), new Random(seedOf(seed, number, parts.world, attempt)));
      return { sdls, world, supergraph: composed.sdl, refused };
    } catch (error) {
      if (!(error instanceof CannotPlace || error instanceof NoData)) throw error;
      refused.push(error.name);
    }
  }
  return { refused };
}

export function inventFor(
  { facts, schema }: { readonly facts: Facts; readonly schema: GraphQLSchema },
  seed: number,
  supergraph: number,
  number: number,
): { readonly operation: Operation | undefined; readonly faults: Faults; readonly rejected: number } {
  const random = new Random(seedOf(seed, supergraph, parts.operation, number));
  const { operation, rejected } = inventOperation(schema, random);
  const faultRandom = new Random(seedOf(seed, supergraph, parts.faults, number));
  const faults =
    operation === undefined
      ? { field: undefined, fetch: undefined }
      : chooseFaults(facts, schema, operation.document, faultRandom);
  return { operation, faults, rejected };
}
