// A request for entities: equal ones are asked for once, what comes is merged at each place where they stand, and
// errors are reported there.
import { entityErrorPlaces, type AskedEntities } from '../errors/error-places.ts';
import type { EntityFetch, EntityLookup } from '../planner/plan.ts';
import type { SubgraphAnswer } from '../subgraph-fetch.ts';
import { isObject, mergeInto, readOwn, typenameOf, type Tree } from './merged-tree.ts';
import { positionsAt, type Position, type ResponsePath } from './positions.ts';
import { representationOf } from './representation.ts';
import { renameKeys } from './rewrites.ts';
import type { Commit, Run } from './run.ts';
import { invalidAnswer, judged, sendFetch } from './send-fetch.ts';

/** What a lookup asks for, each distinct entity once. */
interface Asked {
  readonly lookup: EntityLookup;
  readonly entities: readonly AskedEntity[];
}

interface AskedEntity {
  readonly representation: Tree;
  readonly positions: Position[];
}

export async function startEntityFetch(run: Run, fetch: EntityFetch): Promise<Commit> {
  const asked = fetch.lookups.map((lookup) => ask(run, fetch, lookup));
  if (asked.every(({ entities }) => entities.length === 0)) return () => {};
  const representations = Object.fromEntries(
    asked.map(({ lookup, entities }) => [
      lookup.representationsVariable,
      entities.map(({ representation }) => representation),
    ]),
  );
  const answer = judged(await sendFetch(run.input, fetch, representations));
  return () => {
    for (const error of answer.errors) run.log.report(error, entityErrorPlaces(error, asked.map(askedOf)));
    for (const part of asked) absorb(run, part, answer);
  };
}

function ask({ supergraph, tree }: Run, fetch: EntityFetch, lookup: EntityLookup): Asked {
  const entities = new Map<string, AskedEntity>();
  const seen = new Set<Tree>();
  for (const position of lookup.paths.flatMap((path) => positionsAt(supergraph, tree, path))) {
    if (seen.has(position.object)) continue;
    seen.add(position.object);
    const representation = representationOf(supergraph, fetch, lookup, position.object);
    if (representation === undefined) continue;
    const text = JSON.stringify(representation);
    const known = entities.get(text);
    if (known === undefined) entities.set(text, { representation, positions: [position] });
    else known.positions.push(position);
  }
  return { lookup, entities: [...entities.values()] };
}

function askedOf({ lookup, entities }: Asked): AskedEntities {
  return {
    alias: lookup.alias,
    renames: lookup.outputRewrites,
    placesOf: (index) => (entities[index]?.positions ?? []).map(({ path }) => path),
    allPlaces: (most) => placesOf(entities).slice(0, most),
  };
}

function absorb({ supergraph, log }: Run, part: Asked, { data, errors }: SubgraphAnswer): void {
  const { lookup, entities } = part;
  if (data === null || entities.length === 0) return;
  const answers = readOwn(data, lookup.alias);
  if (!Array.isArray(answers) || answers.length !== entities.length) {
    // With one too many or too few nobody knows which is whose: none of them is taken.
    // A null list that the subgraph's own error explains needs no second error.
    if (answers != null || errors.length === 0) log.report(invalidAnswer, placesOf(entities));
    return;
  }
  for (const [index, { positions }] of entities.entries()) {
    const entity: unknown = answers[index];
    if (isObject(entity)) {
      renameKeys(supergraph, lookup.outputRewrites, entity, typenameOf(positions[0]?.object));
      for (const { object } of positions) mergeInto(supergraph, object, entity);
    } else if (entity !== null) {
      log.report(
        invalidAnswer,
        positions.map(({ path }) => path),
      );
    }
  }
}

function placesOf(entities: readonly AskedEntity[]): ResponsePath[] {
  return entities.flatMap(({ positions }) => positions.map(({ path }) => path));
}
