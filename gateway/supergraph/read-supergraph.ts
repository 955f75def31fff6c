// Reads a composed supergraph (join spec v0.3 and later): its subgraphs, its types without federation's own, the keys.
import {
  buildASTSchema,
  GraphQLError,
  isAbstractType,
  isObjectType,
  Kind,
  parse,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import { SupergraphInvalid } from '../planner/planner.ts';
import type { EntityKey, Subgraph, Supergraph } from './supergraph.ts';
import {
  graphArgument,
  isArgumentFalse,
  isArgumentTrue,
  stringArgument,
  valueOf,
} from './directive-arguments.ts';
import { readExternalFields } from './read-external.ts';
import { topLevelFields } from './field-set.ts';

/** Types and directives of the specifications that a supergraph links, which no subgraph serves. */
const machinery =
  /^(join|link|core|context|connect|connectors|requiresScopes|policy|federation)__|^(link|core|tag|inaccessible)$/;

/** Throws SupergraphInvalid. */
export function readSupergraph(sdl: string): Supergraph {
  const document = parseSdl(sdl);
  const graphs = readGraphs(document);
  if (graphs.size === 0)
    throw new SupergraphInvalid('The text is no composed supergraph: it names no subgraph.');
  const fullSchema = buildFullSchema(document);
  const keys = readKeys(document, graphs);
  const possible = new Map<string, ReadonlySet<string>>();
  return {
    sdl,
    document,
    fullSchema,
    subgraphs: [...graphs.values()],
    ...readFields(document),
    external: readExternalFields(document, (graph) => graphs.get(graph)?.name),
    ...readInterfaceObjects(document, graphs),
    possibleTypes(typeName) {
      let names = possible.get(typeName);
      if (names === undefined) possible.set(typeName, (names = possibleNames(fullSchema, typeName)));
      return names;
    },
    keyFields: (subgraph, typeName) => keys.get(subgraph)?.get(typeName)?.fields ?? none,
    keys: (subgraph, typeName) => keys.get(subgraph)?.get(typeName)?.keys ?? [],
  };
}

const none: ReadonlySet<string> = new Set();

interface TypeKeys {
  /** Of all keys. */
  readonly fields: Set<string>;
  readonly keys: EntityKey[];
}

function parseSdl(sdl: string): DocumentNode {
  try {
    return parse(sdl);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const line = error.locations?.[0]?.line ?? 1;
    throw new SupergraphInvalid(`The supergraph does not parse, line ${line}: ${error.message}`, {
      cause: error,
    });
  }
}

/** By the name of the enum value, which join directives use. */
function readGraphs(document: DocumentNode): Map<string, Subgraph> {
  const graphs = new Map<string, Subgraph>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const applied = value.directives?.find(({ name }) => name.value === 'join__graph');
      if (applied === undefined) continue;
      graphs.set(value.name.value, {
        name: stringArgument(applied, 'name') ?? value.name.value,
        url: stringArgument(applied, 'url') || undefined,
      });
    }
  }
  return graphs;
}

function buildFullSchema(document: DocumentNode): GraphQLSchema {
  const definitions = document.definitions.filter((definition) => !isMachinery(definition));
  const declared = new Set(
    definitions.flatMap((definition) =>
      'name' in definition && definition.name !== undefined ? [definition.name.value] : [],
    ),
  );
  try {
    // Directives applied stay on the nodes, for those who read them; most have no definition any more.
    return buildASTSchema(
      { kind: Kind.DOCUMENT, definitions: declared.has('Query') ? definitions : withQuery(definitions) },
      { assumeValidSDL: true, assumeValid: true },
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SupergraphInvalid(`The supergraph's types do not fit together: ${reason}`, { cause: error });
  }
}

/** Every GraphQL schema has a query type; composition guarantees it, so its absence is an error of the text. */
function withQuery(definitions: readonly DefinitionNode[]): readonly DefinitionNode[] {
  const names = definitions.some((definition) => definition.kind === Kind.SCHEMA_DEFINITION);
  if (!names) throw new SupergraphInvalid('The supergraph has no query type.');
  return definitions;
}

/** Directives too: applied they stay on the nodes, and their definitions name types of the specifications. */
function isMachinery(definition: DefinitionNode): boolean {
  if (definition.kind === Kind.DIRECTIVE_DEFINITION) return true;
  return 'name' in definition && definition.name !== undefined && machinery.test(definition.name.value);
}

function readKeys(
  document: DocumentNode,
  graphs: ReadonlyMap<string, Subgraph>,
): Map<string, Map<string, TypeKeys>> {
  const keys = new Map<string, Map<string, TypeKeys>>();
  for (const definition of document.definitions) {
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
    ) {
      continue;
    }
    for (const applied of definition.directives ?? []) {
      if (applied.name.value !== 'join__type') continue;
      const subgraph = graphs.get(graphArgument(applied) ?? '')?.name;
      const key = stringArgument(applied, 'key');
      if (subgraph === undefined || key === undefined) continue;
      let types = keys.get(subgraph);
      if (types === undefined) keys.set(subgraph, (types = new Map()));
      let known = types.get(definition.name.value);
      if (known === undefined) types.set(definition.name.value, (known = { fields: new Set(), keys: [] }));
      const fields = new Set(topLevelFields(key));
      for (const field of fields) known.fields.add(field);
      known.keys.push({ fields, isResolvable: !isArgumentFalse(applied, 'resolvable') });
    }
  }
  return keys;
}

function readFields(document: DocumentNode): Pick<Supergraph, 'fieldNames' | 'contextFields'> {
  const fieldNames = new Set<string>();
  const contextFields = new Set<string>();
  for (const definition of document.definitions) {
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
    ) {
      continue;
    }
    for (const { name, directives = [] } of definition.fields ?? []) {
      fieldNames.add(name.value);
      const isContextual = directives.some(
        (applied) =>
          applied.name.value === 'join__field' && valueOf(applied, 'contextArguments') !== undefined,
      );
      if (isContextual) contextFields.add(`${definition.name.value}.${name.value}`);
    }
  }
  return { fieldNames, contextFields };
}

function readInterfaceObjects(
  document: DocumentNode,
  graphs: ReadonlyMap<string, Subgraph>,
): Pick<Supergraph, 'interfaceObjects' | 'isInterfaceObject'> {
  const interfaceObjects = new Set<string>();
  const bySubgraph = new Map<string, Set<string>>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const applied of definition.directives ?? []) {
      if (applied.name.value !== 'join__type' || !isArgumentTrue(applied, 'isInterfaceObject')) continue;
      interfaceObjects.add(definition.name.value);
      const subgraph = graphs.get(graphArgument(applied) ?? '')?.name ?? '';
      bySubgraph.set(subgraph, (bySubgraph.get(subgraph) ?? new Set()).add(definition.name.value));
    }
  }
  return {
    interfaceObjects,
    isInterfaceObject: (subgraph, typeName) => bySubgraph.get(subgraph)?.has(typeName) ?? false,
  };
}

function possibleNames(schema: GraphQLSchema, typeName: string): ReadonlySet<string> {
  const type = schema.getType(typeName);
  if (isObjectType(type)) return new Set([typeName]);
  if (isAbstractType(type)) return new Set(schema.getPossibleTypes(type).map(({ name }) => name));
  return none;
}
