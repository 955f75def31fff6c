// @defer: the primary part of the response first, then each deferred part as soon as its fetches are done, completed
// by itself at each place where it belongs, so that a null in it stays in it.
import {
  GraphQLSchema,
  Kind,
  parse,
  visit,
  type DocumentNode,
  type GraphQLObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Executable, ExecutionInput } from '../execution.ts';
import { isIntrospection } from '../operation/plannable.ts';
import type { DeferNode, DeferredPart } from '../planner/plan.ts';
import { complete, documentOf } from './complete.ts';
import { ErrorLog } from '../errors/error-log.ts';
import { clientSelections } from './deferred-selection.ts';
import { FetchEnds } from './fetch-ends.ts';
import type { DeferredPayload, IncrementalItem } from './incremental.ts';
import { isObject, mergeInto, newTree, type Tree } from './merged-tree.ts';
import { positionsThroughLists, type Position, type ResponsePath } from './positions.ts';
import { runNode } from './run-plan.ts';
import type { Run } from './run.ts';
import { objectTypeAt } from './type-at.ts';

export type ExecuteDeferred = (input: ExecutionInput) => AsyncIterable<DeferredPayload>;

/** What is the same for every request. */
interface Prepared {
  readonly executable: Executable;
  readonly operation: OperationDefinitionNode;
  readonly rootType: GraphQLObjectType;
  readonly primary: DocumentNode;
  /** The client's own selection, needed where something is denied; undefined when the plan's has to do. */
  readonly deniedSelection: (part: DeferredPart) => SelectionSetNode | undefined;
  /** The API schema with another type as its query type, by that type's name. */
  readonly schemas: Map<string, GraphQLSchema>;
}

interface Delivery {
  readonly prepared: Prepared;
  readonly input: ExecutionInput;
  readonly tree: Tree;
  /** What the client has by now. */
  readonly response: Tree;
  readonly ends: FetchEnds;
  /** Parts under way. */
  readonly pending: Map<DeferredPart, Promise<ReadyPart>>;
}

interface ReadyPart {
  readonly part: DeferredPart;
  readonly log: ErrorLog;
  readonly delivered: () => void;
}

export function createDeferredExecutor(executable: Executable): ExecuteDeferred {
  const { operation: normalised, apiSchema } = executable;
  const operation = normalised.document.definitions[0];
  if (operation?.kind !== Kind.OPERATION_DEFINITION)
    throw new Error('a normalised document has one operation');
  const rootType = apiSchema.getRootType(operation.operation);
  if (rootType == null) throw new Error(`validated, but the schema has no ${operation.operation}`);
  const prepared: Prepared = {
    executable,
    operation,
    rootType,
    primary: withoutDeferred(normalised.document),
    deniedSelection:
      (executable.denied ?? []).length === 0 ? () => undefined : clientSelections(normalised.document),
    schemas: new Map(),
  };
  return (input) => deliver(prepared, input);
}

async function* deliver(prepared: Prepared, input: ExecutionInput): AsyncGenerator<DeferredPayload> {
  const { executable, primary } = prepared;
  const { supergraph, apiSchema: schema, plan } = executable;
  const tree = newTree();
  const log = new ErrorLog();
  const delivery: Delivery = {
    prepared,
    input,
    tree,
    response: newTree(),
    ends: new FetchEnds(),
    pending: new Map(),
  };
  const first = Promise.withResolvers<void>();
  if (plan.root !== undefined) await runNode(runOf(delivery, log, first.promise), plan.root);
  const { data, errors } = complete({
    schema,
    document: primary,
    root: tree,
    variables: input.variables,
    at: [],
    denied: executable.denied ?? [],
    log,
  });
  const all = [...log.errors, ...errors];
  if (data !== null) mergeInto(supergraph, delivery.response, data);
  const hasNext = data !== null && delivery.pending.size > 0;
  yield { data, ...(all.length === 0 ? {} : { errors: all }), hasNext };
  if (!hasNext) return;
  first.resolve();
  yield* deliverParts(delivery);
}

async function* deliverParts(delivery: Delivery): AsyncGenerator<DeferredPayload> {
  const { pending } = delivery;
  while (pending.size > 0) {
    const ready = await Promise.race(pending.values());
    pending.delete(ready.part);
    const incremental = itemsOf(delivery, ready);
    ready.delivered();
    const hasNext = pending.size > 0;
    if (incremental.length > 0) yield { incremental, hasNext };
    else if (!hasNext) yield { hasNext };
  }
}

function runOf(delivery: Delivery, log: ErrorLog, delivered: Promise<void>): Run {
  const { prepared, input, tree, ends } = delivery;
  return {
    supergraph: prepared.executable.supergraph,
    input,
    tree,
    log,
    defer: (node) => schedule(delivery, node, log, delivered),
    fetchEnded: (id) => ends.end(id),
  };
}

/** `before`: the part around these has been delivered, so that its places are known to the client. */
function schedule(delivery: Delivery, node: DeferNode, outer: ErrorLog, before: Promise<void>): void {
  for (const part of node.deferred) {
    const log = new ErrorLog(outer);
    const { promise: delivered, resolve } = Promise.withResolvers<void>();
    const task = (async (): Promise<ReadyPart> => {
      await delivery.ends.all(part.dependsOn);
      if (part.node !== undefined) await runNode(runOf(delivery, log, delivered), part.node);
      await before;
      return { part, log, delivered: resolve };
    })();
    // Whoever waits for the parts sees a rejection; until then it is not an unhandled one.
    task.catch(() => {});
    delivery.pending.set(part, task);
  }
}

function itemsOf(delivery: Delivery, { part, log }: ReadyPart): IncrementalItem[] {
  const { prepared, tree, response } = delivery;
  const { supergraph } = prepared.executable;
  const selection = prepared.deniedSelection(part) ?? selectionOf(part);
  if (selection === undefined) return [];
  const items: IncrementalItem[] = [];
  const unplaced = new Set(log.errors);
  for (const position of positionsThroughLists(supergraph, tree, part.path)) {
    const shown = valueAt(response, position.path);
    if (!isObject(shown)) continue;
    const { data, errors: found } = completePart(delivery, selection, position, log);
    const reported = log.errors.filter((error) => unplaced.has(error) && isWithin(error.path, position.path));
    for (const error of reported) unplaced.delete(error);
    const errors = [...reported, ...found];
    if (data !== null) mergeInto(supergraph, shown, data);
    items.push({
      data,
      path: position.path,
      ...(part.label === undefined ? {} : { label: part.label }),
      ...(errors.length === 0 ? {} : { errors }),
    });
  }
  return withUnplaced(items, [...unplaced]);
}

/** What no place of the part accounts for stands at its first one. */
function withUnplaced(
  items: IncrementalItem[],
  unplaced: IncrementalItem['errors'] & object,
): IncrementalItem[] {
  const [first, ...rest] = items;
  if (first === undefined || unplaced.length === 0) return items;
  return [{ ...first, errors: [...unplaced, ...(first.errors ?? [])] }, ...rest];
}

function completePart(
  { prepared, input }: Delivery,
  selection: SelectionSetNode,
  { object, path }: Position,
  log: ErrorLog,
) {
  const { executable, operation, rootType } = prepared;
  const { apiSchema } = executable;
  const type = objectTypeAt(apiSchema, rootType, operation.selectionSet, path, object);
  // The primary part has refused an object of no known type, so that this one has been shown by its schema's type.
  if (type === undefined) throw new Error(`no type stands at ${path.join('.')}`);
  return complete({
    schema: schemaFor(prepared, type),
    document: documentOf(selection, operation.variableDefinitions ?? []),
    root: object,
    variables: input.variables,
    at: path,
    denied: executable.denied ?? [],
    log,
  });
}

function schemaFor({ executable, schemas }: Prepared, query: GraphQLObjectType): GraphQLSchema {
  let schema = schemas.get(query.name);
  if (schema === undefined) {
    schema = new GraphQLSchema({ ...executable.apiSchema.toConfig(), query, assumeValid: true });
    schemas.set(query.name, schema);
  }
  return schema;
}

/** A part with parts of its own says in its node what it holds itself. */
function selectionOf({ selection, node }: DeferredPart): SelectionSetNode | undefined {
  const text = selection ?? (node?.kind === 'defer' ? node.primary.selection : undefined);
  if (text === undefined) return undefined;
  const definition = parse(text, { noLocation: true }).definitions[0];
  return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : undefined;
}

/** Introspection is never deferred: it needs no fetch. */
function withoutDeferred(document: DocumentNode): DocumentNode {
  return visit(document, {
    InlineFragment(fragment) {
      if (!fragment.directives?.some(({ name }) => name.value === 'defer')) return undefined;
      const kept = fragment.selectionSet.selections.filter(
        (selection) => selection.kind === Kind.FIELD && isIntrospection(selection),
      );
      return kept.length === 0
        ? null
        : { ...fragment, selectionSet: { kind: Kind.SELECTION_SET, selections: kept } };
    },
  });
}

function valueAt(tree: Tree, path: ResponsePath): unknown {
  let value: unknown = tree;
  for (const key of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

function isWithin(path: ResponsePath | undefined, around: ResponsePath): boolean {
  return path !== undefined && around.every((key, index) => path[index] === key);
}
