// The build phase, paid once for each plan: places, shapes, projector, and for each fetch its request's prepared pieces
// and the walks that find its entities. execute/ holds the hot path that uses what is made here.
import { isInterfaceType, isObjectType, Kind, type OperationDefinitionNode } from 'graphql';
import type { Executable, Execute } from '../execution.ts';
import { clientsOwnKeys } from '../operation/planned-keys.ts';
import type { EntityFetch, EntityLookup, PlanNode, RootFetch } from '../planner/plan.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { runCompiled } from '../execute/run-compiled.ts';
import type {
  CompiledOperation,
  CompiledNode,
  CompiledRootFetch,
  CompiledEntityFetch,
  CompiledLookup,
  CompiledLink,
  PreparedRequest,
} from './compiled-operation.ts';
import { buildPlaces, responseKeys, type Places } from './build-places.ts';
import { CannotCompile } from './cannot-compile.ts';
import { mergesAt, mergesBelow } from './find-merges.ts';
import { generateProjector, projectorScope } from './generate-projector.ts';
import type { Link } from './place.ts';
import { canGenerateCode, makeCode, newCode, type Code, type Collector } from './generate-code.ts';
import { generateCollector, mostTypes } from './generate-collector.ts';
import {
  assertWritable,
  representationParts,
  representationWriter,
  type RepresentationParts,
  type WriteRepresentation,
} from './representation.ts';
import { buildShape } from './shape.ts';
import { introspectionOf } from './introspection.ts';
import { walkOf, type PathWalk } from './walk-path.ts';

/** Links of one lookup: their bits have to fit into a small integer. */
const mostLinks = 30;

interface Work {
  readonly supergraph: Supergraph;
  readonly places: Places;
  /** Undefined where the platform forbids generated code. */
  readonly code: Code | undefined;
  lookups: number;
}

/** Throws CannotCompile when the plan is for the reference executor. */
export function compileExecutable(executable: Executable): Execute {
  const { compiled, makeFunctions } = compileOperation(executable);
  let isMade = false;
  return (input) => {
    const running = runCompiled(compiled, input);
    // The first request is on its way to subgraphs by now, and needs the functions when their answers come.
    if (isMade) return running;
    isMade = true;
    try {
      makeFunctions();
      return running;
    } catch (fault) {
      // A bug, told once; requests after it do without the functions.
      running.catch(() => undefined);
      throw fault;
    }
  };
}

interface Compiling {
  readonly compiled: CompiledOperation;
  /** Of the generated code; until then the operation runs without it. */
  makeFunctions(): void;
}

function compileOperation({
  supergraph,
  apiSchema,
  operation,
  plan,
  denied = [],
  keys = clientsOwnKeys,
}: Executable): Compiling {
  const rootType = apiSchema.getRootType(operation.kind as OperationDefinitionNode['operation']);
  if (rootType == null) throw new Error(`validated, but the schema has no ${operation.kind}`);
  const [definition] = operation.document.definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION)
    throw new Error('a normalised document has one operation');
  const places = buildPlaces(supergraph, rootType.name, plan);
  const { selectionSet } = definition;
  const shape = buildShape({ schema: apiSchema, root: places.root, rootType, selectionSet, denied, keys });
  const code: Code | undefined = canGenerateCode ? newCode() : undefined;
  const work: Work = { supergraph, places, code, lookups: 0 };
  const root = plan.root === undefined ? undefined : compileNode(work, plan.root);
  const projector = code === undefined ? undefined : generateProjector(code, shape);
  const compiled: CompiledOperation = {
    root,
    lookups: places.links.length,
    links: places.links.flat().length,
    shape,
    project: undefined,
    clientKey: keys.clientKey,
    isInterface: (name) => isInterfaceType(apiSchema.getType(name)),
    isObjectType: (name) => typeof name === 'string' && isObjectType(supergraph.fullSchema.getType(name)),
    introspection: introspectionOf(apiSchema, definition),
  };
  return {
    compiled,
    makeFunctions() {
      if (code === undefined || projector === undefined) return;
      compiled.project = makeCode(code, projector, projectorScope(apiSchema));
    },
  };
}

function compileNode(work: Work, node: PlanNode): CompiledNode {
  switch (node.kind) {
    case 'sequence':
    case 'parallel':
      return { kind: node.kind, nodes: node.nodes.map((child) => compileNode(work, child)) };
    case 'root':
      return compileRootFetch(work, node);
    case 'entities':
      return compileEntityFetch(work, node);
    case 'defer':
      throw new CannotCompile('@defer is for the reference executor');
    default:
      return node satisfies never;
  }
}

function compileRootFetch({ supergraph, places }: Work, node: RootFetch): CompiledRootFetch {
  const keys = responseKeys(node);
  const merges = mergesBelow(supergraph, places.root, keys);
  const { operationKind, outputRewrites: renames } = node;
  return { kind: 'root', operationKind, keys, renames, merges, ...prepare(node, false) };
}

function compileEntityFetch(work: Work, node: EntityFetch): CompiledEntityFetch {
  const lookups = node.lookups.map((lookup): CompiledLookup => {
    const id = work.lookups++;
    assertWritable(lookup);
    const links = work.places.links[id] ?? [];
    if (links.length > mostLinks) throw new CannotCompile(`a lookup at more than ${mostLinks} paths`);
    const onlyType = onlyTypeAt(work.supergraph, links);
    return {
      id,
      alias: lookup.alias,
      renames: lookup.outputRewrites,
      variableKey: `${JSON.stringify(lookup.representationsVariable)}:`,
      links: links.map((link, bit) => compileLink(work, { fetch: node, lookup, link, bit, onlyType })),
    };
  });
  const links = lookups.flatMap((lookup) => lookup.links.map(({ link }) => link));
  const merges = mergesAt(work.supergraph, work.places.root, links);
  return { kind: 'entities', lookups, merges, ...prepare(node, true) };
}

interface LinkInput {
  readonly fetch: EntityFetch;
  readonly lookup: EntityLookup;
  readonly link: Link;
  readonly bit: number;
  /** Of all links of the lookup. */
  readonly onlyType: string | undefined;
}

function compileLink(work: Work, { fetch, lookup, link, bit, onlyType }: LinkInput): CompiledLink {
  const { supergraph, places, code } = work;
  const partsFor = (typeName: string) => representationParts(supergraph, fetch, lookup, link.place, typeName);
  const writers = new Map<string, WriteRepresentation | undefined>();
  const walk = walkOf(supergraph, places.root, link.path);
  let walkFromRoot: PathWalk | undefined;
  const compiled: CompiledLink = {
    link,
    bit,
    walk,
    get walkFromRoot() {
      return (walkFromRoot ??= walkOf(supergraph, places.root, link.path, true));
    },
    writerFor(typeName) {
      if (!writers.has(typeName)) {
        // What a subgraph calls a type may be anything; only names of the schema are kept.
        if (supergraph.possibleTypes(typeName).size === 0) return undefined;
        const parts = partsFor(typeName);
        writers.set(typeName, parts === undefined ? undefined : representationWriter(parts));
      }
      return writers.get(typeName);
    },
    collect: undefined,
  };
  const byType = code === undefined ? undefined : partsByType(supergraph, link, partsFor);
  if (code !== undefined && byType !== undefined) {
    const take = (collector: Collector) => void (compiled.collect = collector);
    generateCollector(code, { link, bit, walk, byType, onlyType, take });
  }
  return compiled;
}

/** Undefined when there are too many types for generated code to pay. */
function partsByType(
  supergraph: Supergraph,
  link: Link,
  partsFor: (typeName: string) => RepresentationParts | undefined,
): ReadonlyMap<string, RepresentationParts> | undefined {
  const standing = namesAt(supergraph, link);
  if (standing.size > mostTypes) return undefined;
  const byType = new Map<string, RepresentationParts>();
  for (const typeName of standing) {
    const parts = partsFor(typeName);
    if (parts !== undefined) byType.set(typeName, parts);
  }
  return byType;
}

/** Undefined when objects of several types stand where the links lead. */
function onlyTypeAt(supergraph: Supergraph, links: readonly Link[]): string | undefined {
  const standing = new Set(links.flatMap((link) => [...namesAt(supergraph, link)]));
  const [only] = standing;
  return standing.size === 1 ? only : undefined;
}

/** Types that may stand at the link's place, with the names that interface objects go by. */
function namesAt(supergraph: Supergraph, { place }: Link): Set<string> {
  return new Set([...place.typeNames].flatMap((name) => [name, ...supergraph.possibleTypes(name)]));
}

function prepare(
  { subgraph, operation, variables }: RootFetch | EntityFetch,
  isOpen: boolean,
): PreparedRequest {
  const query = `{"query":${JSON.stringify(operation)}`;
  const isPlain = !isOpen && variables.length === 0;
  return {
    subgraph,
    head: isPlain ? `${query}}` : `${query},"variables":{`,
    variables: variables.map((name) => ({ name, key: `${JSON.stringify(name)}:` })),
  };
}
