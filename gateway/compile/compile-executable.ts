// The build phase, paid once for each plan: places, shapes, projector, and for each fetch its request's prepared pieces
// and the walks that find its entities. execute/ holds the hot path that uses what is made here.
import { isInterfaceType, Kind, type OperationDefinitionNode } from 'graphql';
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
import { generateProjector } from './generate-projector.ts';
import type { Link } from './place.ts';
import { generateCollector, mostTypes, type Collector } from './generate-collector.ts';
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

/** Throws CannotCompile when the plan is for the reference executor. */
export function compileExecutable(executable: Executable): Execute {
  const compiled = compileOperation(executable);
  return (input) => runCompiled(compiled, input);
}

function compileOperation({
  supergraph,
  apiSchema,
  operation,
  plan,
  denied = [],
  keys = clientsOwnKeys,
}: Executable): CompiledOperation {
  const rootType = apiSchema.getRootType(operation.kind as OperationDefinitionNode['operation']);
  if (rootType == null) throw new Error(`validated, but the schema has no ${operation.kind}`);
  const [definition] = operation.document.definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION)
    throw new Error('a normalised document has one operation');
  const places = buildPlaces(supergraph, rootType.name, plan);
  const { selectionSet } = definition;
  const shape = buildShape({ schema: apiSchema, root: places.root, rootType, selectionSet, denied, keys });
  const count = { lookups: 0 };
  const root = plan.root === undefined ? undefined : compileNode(supergraph, places, plan.root, count);
  return {
    root,
    lookups: places.links.length,
    links: places.links.flat().length,
    shape,
    project: canGenerateCode ? generateProjector(shape, apiSchema) : undefined,
    clientKey: keys.clientKey,
    isInterface: (name) => isInterfaceType(apiSchema.getType(name)),
    introspection: introspectionOf(apiSchema, definition),
  };
}

const canGenerateCode = ((): boolean => {
  try {
    // oxlint-disable-next-line no-new-func -- asks whether the platform allows it
    return new Function('return true')() === true;
  } catch {
    return false;
  }
})();

function compileNode(
  supergraph: Supergraph,
  places: Places,
  node: PlanNode,
  count: { lookups: number },
): CompiledNode {
  switch (node.kind) {
    case 'sequence':
    case 'parallel':
      return {
        kind: node.kind,
        nodes: node.nodes.map((child) => compileNode(supergraph, places, child, count)),
      };
    case 'root':
      return compileRootFetch(node);
    case 'entities':
      return compileEntityFetch(supergraph, places, node, count);
    case 'defer':
      throw new CannotCompile('@defer is for the reference executor');
    default:
      return node satisfies never;
  }
}

function compileRootFetch(node: RootFetch): CompiledRootFetch {
  const keys = responseKeys(node);
  return { kind: 'root', operationKind: node.operationKind, keys, ...prepare(node, false) };
}

function compileEntityFetch(
  supergraph: Supergraph,
  places: Places,
  node: EntityFetch,
  count: { lookups: number },
): CompiledEntityFetch {
  const lookups = node.lookups.map((lookup): CompiledLookup => {
    const id = count.lookups++;
    assertWritable(lookup);
    const links = places.links[id] ?? [];
    if (links.length > mostLinks) throw new CannotCompile(`a lookup at more than ${mostLinks} paths`);
    return {
      id,
      alias: lookup.alias,
      variableKey: `${JSON.stringify(lookup.representationsVariable)}:`,
      links: links.map((link, bit) =>
        compileLink(supergraph, places, node.subgraph, { lookup, links, link, bit }),
      ),
    };
  });
  return { kind: 'entities', lookups, ...prepare(node, true) };
}

interface LinkInput {
  readonly lookup: EntityLookup;
  readonly links: readonly Link[];
  readonly link: Link;
  readonly bit: number;
}

function compileLink(
  supergraph: Supergraph,
  places: Places,
  subgraph: string,
  { lookup, links, link, bit }: LinkInput,
): CompiledLink {
  const partsFor = (typeName: string) =>
    representationParts(supergraph, subgraph, lookup, link.place, typeName);
  const writers = new Map<string, WriteRepresentation | undefined>();
  const walk = walkOf(supergraph, places.root, link.path);
  return {
    link,
    bit,
    walk,
    walkFromRoot: walkOf(supergraph, places.root, link.path, true),
    writerFor(typeName) {
      if (!writers.has(typeName)) {
        // What a subgraph calls a type may be anything; only names of the schema are kept.
        if (supergraph.possibleTypes(typeName).size === 0) return undefined;
        const parts = partsFor(typeName);
        writers.set(typeName, parts === undefined ? undefined : representationWriter(parts));
      }
      return writers.get(typeName);
    },
    collect: canGenerateCode ? collectorOf(supergraph, links, { link, bit, walk }, partsFor) : undefined,
  };
}

/** Undefined when there are too many types for generated code to pay. */
function collectorOf(
  supergraph: Supergraph,
  links: readonly Link[],
  base: { link: Link; bit: number; walk: PathWalk },
  partsFor: (typeName: string) => RepresentationParts | undefined,
): Collector | undefined {
  const standing = namesAt(supergraph, base.link);
  if (standing.size > mostTypes) return undefined;
  const byType = new Map<string, RepresentationParts>();
  for (const typeName of standing) {
    const parts = partsFor(typeName);
    if (parts !== undefined) byType.set(typeName, parts);
  }
  const [onlyType] = standing;
  const isAlike = links.every((link) => {
    const names = namesAt(supergraph, link);
    return names.size === 1 && onlyType !== undefined && names.has(onlyType);
  });
  return generateCollector({ ...base, byType, onlyType: isAlike ? onlyType : undefined });
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
