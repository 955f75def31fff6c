// A failing case made small: its operation, then its SDLs, then what is left of its data.
import { checkOperation, type Finding } from './check-operation.ts';
import { hasRequires, isUneven } from './choose-faults.ts';
import type { FuzzCase } from './fuzz-case.ts';
import type { Operation } from './invent-operation.ts';
import type { Planning } from './planning.ts';
import { openCase, type OpenCase } from './open-case.ts';
import { shrinkOperation } from './shrink-operation.ts';
import { shrinkSubgraphs } from './shrink-subgraphs.ts';
import type { Facts, Sdls } from './facts.ts';
import { isRecord, type Stored, type StoredObject, type World } from './world.ts';

export interface ShrunkCase {
  readonly fuzzCase: FuzzCase;
  readonly finding: Finding;
}

export async function shrinkCase(
  fuzzCase: FuzzCase,
  finding: Finding,
  planning: Planning,
): Promise<ShrunkCase> {
  let { sdls, operation } = fuzzCase;
  const { world, faults } = fuzzCase;
  let opened = await openCase(sdls, world, planning);
  const shrinkIt = async () =>
    shrinkOperation(opened.engines.apiSchema, operation, async (candidate) =>
      hasFinding(opened, { ...fuzzCase, sdls, operation: candidate }, finding),
    );
  operation = await shrinkIt();
  const truth = truthOf(opened, operation, faults);
  sdls = await shrinkSubgraphs(sdls, async (candidate) => {
    const smaller = await openOrNot(candidate, world, planning);
    if (smaller === undefined || !truthIs(truth, smaller, operation, faults)) return false;
    return hasFinding(smaller, { ...fuzzCase, sdls: candidate, operation }, finding);
  });
  opened = await openCase(sdls, world, planning);
  operation = await shrinkIt();
  const pruned = pruneWorld(opened.facts, world);
  const left: FuzzCase = { sdls, world: pruned, operation, faults };
  const again = await findingOf(await openCase(sdls, pruned, planning), left, finding);
  // Data that looks unused may yet decide something.
  return again === undefined
    ? { fuzzCase: { ...left, world }, finding: (await findingOf(opened, left, finding)) ?? finding }
    : { fuzzCase: left, finding: again };
}

async function hasFinding(opened: OpenCase, fuzzCase: FuzzCase, finding: Finding): Promise<boolean> {
  return (await findingOf(opened, fuzzCase, finding)) !== undefined;
}

/** The same kind of finding again, if there is one. */
async function findingOf(
  opened: OpenCase,
  { operation, faults }: FuzzCase,
  { kind, planner }: Finding,
): Promise<Finding | undefined> {
  const found = await checkOperation(opened, operation, {
    planners: kind.startsWith('every') ? ['native', 'apollo'] : [planner],
    faults,
    isUneven: isUneven(opened.facts),
    hasRequires: hasRequires(opened.facts),
  });
  return found.find((other) => other.kind === kind);
}

async function openOrNot(sdls: Sdls, world: World, planning: Planning): Promise<OpenCase | undefined> {
  try {
    return await openCase(sdls, world, planning);
  } catch {
    // It does not compose, or a subgraph's schema is none.
    return undefined;
  }
}

function truthOf(
  opened: OpenCase,
  { document, variables }: Operation,
  { field }: FuzzCase['faults'],
): string {
  return JSON.stringify(opened.monolith({ document, variables, fault: field }).data);
}

function truthIs(truth: string, opened: OpenCase, operation: Operation, faults: FuzzCase['faults']): boolean {
  try {
    return truthOf(opened, operation, faults) === truth;
  } catch {
    return false;
  }
}

/** Without the fields that no subgraph has any more. */
function pruneWorld(facts: Facts, { entities, roots, unknown }: World): World {
  const types = facts.objectTypes;
  return {
    entities: Object.fromEntries(
      Object.entries(entities)
        .filter(([, { $type }]) => types.has($type))
        .map(([reference, entity]) => [reference, pruneObject(facts, entity)]),
    ),
    roots: { Query: pruneObject(facts, roots.Query), Mutation: pruneObject(facts, roots.Mutation) },
    unknown,
  };
}

function pruneObject(facts: Facts, object: StoredObject): StoredObject {
  const fields = facts.fieldNames(object.$type);
  return Object.fromEntries(
    Object.entries(object)
      .filter(([name]) => name === '$type' || fields.has(name))
      .map(([name, value]) => [name, pruneValue(facts, value)]),
  ) as unknown as StoredObject;
}

function pruneValue(facts: Facts, value: Stored): Stored {
  if (Array.isArray(value)) return value.map((item: unknown) => pruneValue(facts, item));
  if (!isRecord(value)) return value;
  if (typeof value['$type'] === 'string') return pruneObject(facts, value as unknown as StoredObject);
  if (Array.isArray(value['$choices'])) return { $choices: pruneValue(facts, value['$choices']) };
  return value;
}
