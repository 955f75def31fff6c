// The hot path of a compiled operation: run its fetches, hang the entities on the objects they belong to, project.
import type {
  CompiledEntityFetch,
  CompiledLink,
  CompiledNode,
  CompiledOperation,
  CompiledRootFetch,
} from '../compile/compiled-operation.ts';
import type { Found } from '../compile/generate-code.ts';
import { bailed } from '../compile/generate-projector.ts';
import { typenameAt } from '../compile/representation.ts';
import { descend } from '../compile/walk-path.ts';
import type { ExecutionInput, ExecutionResult } from '../execution.ts';
import type { SubgraphAnswer, SubgraphError } from '../subgraph-fetch.ts';
import { attachEntities, mergeEntities } from './attach-entities.ts';
import { allErrors, shownErrors } from './place-errors.ts';
import type { EntityRecord, LinkedObject } from './linked-object.ts';
import type { Run } from './run.ts';
import { mergeInto } from './merge-objects.ts';
import { projectExactly } from './project-exact.ts';
import { deadlineExceeded, neitherDataNorErrors } from './faults.ts';

export async function runCompiled(
  compiled: CompiledOperation,
  input: ExecutionInput,
): Promise<ExecutionResult> {
  const run: Run = { compiled, input, root: {}, records: [], linked: [], errors: undefined };
  if (compiled.root !== undefined) await runNode(run, compiled.root);
  if (compiled.introspection !== undefined) Object.assign(run.root, compiled.introspection(input.variables));
  const data = projectFast(run);
  return data === undefined
    ? projectExactly(compiled, run.root, allErrors(run))
    : { data, errors: shownErrors(run) };
}

/** Undefined when a value is not what the schema says. */
function projectFast({ compiled, root }: Run): Record<string, unknown> | undefined {
  if (compiled.project === undefined) return undefined;
  try {
    return compiled.project(root);
  } catch (thrown) {
    if (thrown === bailed) return undefined;
    throw thrown;
  }
}

async function runNode(run: Run, node: CompiledNode): Promise<void> {
  switch (node.kind) {
    case 'sequence':
      for (const child of node.nodes) await runNode(run, child);
      return;
    case 'parallel':
      await Promise.all(node.nodes.map((child) => runNode(run, child)));
      return;
    case 'root':
      return runRootFetch(run, node);
    case 'entities':
      return runEntityFetch(run, node);
    default:
      node satisfies never;
  }
}

async function runRootFetch(run: Run, fetch: CompiledRootFetch): Promise<void> {
  const isPlain = fetch.variables.length === 0;
  const body = isPlain ? fetch.head : `${fetch.head}${variablesText(run, fetch)}}}`;
  const { data, errors } = await send(run, fetch, fetch.operationKind, body);
  if (errors.length > 0) report(run, fetch, errors, []);
  if (data === null) return;
  const rules = { isObjectType: run.compiled.isObjectType, isShared: false };
  let isMerged = false;
  for (const key of fetch.keys) {
    // Own properties only: `valueOf` may be a response key.
    if (!Object.hasOwn(data, key)) continue;
    const known = Object.hasOwn(run.root, key) ? run.root[key] : undefined;
    if (known != null) isMerged = true;
    run.root[key] = mergeInto(known, data[key], rules);
  }
  if (isMerged) for (const merge of fetch.merges) mergeEntities(run, merge);
}

async function runEntityFetch(run: Run, fetch: CompiledEntityFetch): Promise<void> {
  let variables = variablesText(run, fetch);
  let isEmpty = true;
  for (const { id, variableKey, links } of fetch.lookups) {
    const found: Found = { known: new Map(), texts: [], records: [] };
    run.records[id] = found.records;
    for (const link of links) collect(run, link, found);
    if (found.records.length > 0) isEmpty = false;
    variables += `${variables === '' ? '' : ','}${variableKey}[${found.texts.join(',')}]`;
  }
  if (isEmpty) return;
  const answer = await send(run, fetch, 'query', `${fetch.head}${variables}}}`);
  const found = attachEntities(run, fetch, answer);
  const errors = found.length === 0 ? answer.errors : [...answer.errors, ...found];
  if (errors.length > 0)
    report(
      run,
      fetch,
      errors,
      fetch.lookups.map(({ id }) => run.records[id] ?? []),
    );
}

/** Links every object at the link's path to the record of its entity; a new entity gets a record and is asked for. */
function collect(run: Run, compiled: CompiledLink, found: Found): void {
  const linked: EntityRecord[] = [];
  run.linked[compiled.link.id] = linked;
  const { from, steps } = compiled.walk;
  const begin =
    compiled.collect ??
    ((start) => descend(start, steps, 0, (object) => visit(compiled, object, found, linked)));
  if (from === undefined) {
    begin(run.root, found, linked);
    return;
  }
  for (const { entity } of run.linked[from.id] ?? []) if (entity != null) begin(entity, found, linked);
}

/** What a generated collector does at each object. */
function visit(
  { link: { slot, place }, bit, writerFor }: CompiledLink,
  object: LinkedObject,
  { known, texts, records }: Found,
  linked: EntityRecord[],
): void {
  let record = object[slot];
  if (record === undefined) {
    const typeName = typenameAt(place, object);
    const text = typeName === undefined ? undefined : writerFor(typeName)?.(object);
    if (text === undefined) return;
    record = known.get(text);
    if (record === undefined) {
      record = { entity: undefined, linkedBy: 0, index: records.length };
      known.set(text, record);
      texts.push(text);
      records.push(record);
    }
    object[slot] = record;
  }
  const mask = 1 << bit;
  if ((record.linkedBy & mask) !== 0) return;
  record.linkedBy |= mask;
  linked.push(record);
}

async function send(
  { input: { fetcher, context } }: Run,
  { subgraph }: CompiledRootFetch | CompiledEntityFetch,
  operationKind: 'query' | 'mutation',
  body: string,
): Promise<SubgraphAnswer> {
  if (performance.now() >= context.deadlineAt) return deadlineExceeded();
  const answer = await fetcher.fetch({ subgraph, operationKind, body, context });
  return answer.data === null && answer.errors.length === 0 ? neitherDataNorErrors() : answer;
}

/** `"name":value,…` of the client's variables that the fetch uses; one that was not given is left out. */
function variablesText({ input }: Run, { variables }: CompiledRootFetch | CompiledEntityFetch): string {
  let text = '';
  for (const { name, key } of variables) {
    if (!Object.hasOwn(input.variables, name)) continue; // it may be called `constructor`
    const value = input.variables[name];
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${key}${JSON.stringify(value)}`;
  }
  return text;
}

function report(
  run: Run,
  fetch: CompiledRootFetch | CompiledEntityFetch,
  errors: readonly SubgraphError[],
  records: readonly (readonly EntityRecord[])[],
): void {
  (run.errors ??= []).push({ fetch, errors, records });
}
