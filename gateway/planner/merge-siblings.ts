// Fetches that one subgraph gets at the same time become one request with several `_entities` fields: a request costs
// more than what is in it. Lookups that ask the same of different places become one lookup with several paths.
import {
  Kind,
  parse,
  print,
  visit,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
} from 'graphql';
import { fetchesOf, operationOf, type Fragments } from './fetch-operation.ts';
import { groupIntoWaves } from './group-into-waves.ts';
import type { EntityFetch, EntityLookup, Plan, PlanNode } from './plan.ts';

export function mergeSiblings({ root }: Plan): Plan {
  if (root === undefined) return { root };
  const merged = mergeIn(root);
  const waves = groupIntoWaves(root);
  if (waves === undefined) return { root: merged };
  const mergedWaves = mergeIn(waves);
  return { root: fetchesOf(mergedWaves).length < fetchesOf(merged).length ? mergedWaves : merged };
}

function mergeIn(node: PlanNode): PlanNode {
  switch (node.kind) {
    case 'root':
    case 'entities':
      return node;
    case 'sequence':
      return { kind: 'sequence', nodes: node.nodes.map(mergeIn) };
    case 'parallel': {
      const nodes = mergeNodes(
        node.nodes.map(mergeIn).flatMap((child) => (child.kind === 'parallel' ? child.nodes : child)),
      );
      const [only] = nodes;
      return only !== undefined && nodes.length === 1 ? only : { kind: 'parallel', nodes };
    }
    case 'defer': {
      const { primary, deferred } = node;
      return {
        kind: 'defer',
        primary: { ...primary, node: primary.node && mergeIn(primary.node) },
        deferred: deferred.map((part) => ({ ...part, node: part.node && mergeIn(part.node) })),
      };
    }
    default:
      return node satisfies never;
  }
}

function mergeNodes(nodes: readonly PlanNode[]): PlanNode[] {
  const siblings = new Map<string, EntityFetch[]>();
  for (const node of nodes) {
    if (!isMergeable(node)) continue;
    siblings.set(node.subgraph, [...(siblings.get(node.subgraph) ?? []), node]);
  }
  const done = new Set<string>();
  return nodes.flatMap((node): PlanNode[] => {
    if (!isMergeable(node)) return [node];
    if (done.has(node.subgraph)) return [];
    done.add(node.subgraph);
    return [mergeFetches(siblings.get(node.subgraph) ?? [node])];
  });
}

/** A deferred part waits for a fetch by its id: together with others it would end later. */
function isMergeable(node: PlanNode): node is EntityFetch {
  return node.kind === 'entities' && node.id === undefined;
}

interface Merged {
  readonly lookups: EntityLookup[];
  readonly fields: SelectionNode[];
  readonly variables: Map<string, VariableDefinitionNode>;
  readonly fragments: Map<string, FragmentDefinitionNode>;
  /** By what a lookup asks, apart from where: its index in `lookups`. */
  readonly known: Map<string, number>;
}

function mergeFetches(fetches: readonly EntityFetch[]): EntityFetch {
  const [first] = fetches;
  if (first === undefined) throw new Error('there is something to merge');
  if (fetches.length === 1) return first;
  const merged: Merged = {
    lookups: [],
    fields: [],
    variables: new Map(),
    fragments: new Map(),
    known: new Map(),
  };
  const clients = new Set(fetches.flatMap(({ variables }) => variables));
  for (const [index, fetch] of fetches.entries()) addFetch(merged, fetch, index, clients);
  return {
    kind: 'entities',
    subgraph: first.subgraph,
    operation: operationText(merged),
    variables: [...clients],
    lookups: merged.lookups,
  };
}

function addFetch(merged: Merged, fetch: EntityFetch, index: number, clients: ReadonlySet<string>): void {
  const { operation, fields, fragments } = operationOf(fetch);
  const names = fragmentNames(merged, fragments, index);
  for (const definition of fragments.values()) {
    const fragment = withFragmentNames(definition, names);
    merged.fragments.set(fragment.name.value, fragment);
  }
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    if (fetch.variables.includes(name)) merged.variables.set(name, definition);
  }
  for (const lookup of fetch.lookups) {
    const field = fields.get(lookup.alias);
    if (field === undefined) throw new Error(`the operation of a fetch has no ${lookup.alias}`);
    addLookup(merged, withFragmentNames(field, names), lookup, clients);
  }
}

function addLookup(
  merged: Merged,
  field: FieldNode,
  lookup: EntityLookup,
  clients: ReadonlySet<string>,
): void {
  const { paths, requires, inputRewrites, outputRewrites } = lookup;
  const { selectionSet } = field;
  if (selectionSet === undefined) throw new Error('_entities has a selection');
  const question = JSON.stringify([requires, inputRewrites, outputRewrites, print(selectionSet)]);
  const same = merged.known.get(question);
  const before = same === undefined ? undefined : merged.lookups[same];
  if (same !== undefined && before !== undefined) {
    merged.lookups[same] = { ...before, paths: withoutRepeats([...before.paths, ...paths]) };
    return;
  }
  const number = merged.lookups.length;
  const representationsVariable = unusedName(`representations${number}`, clients);
  const alias = `entities${number}`;
  merged.known.set(question, number);
  merged.lookups.push({ ...lookup, alias, representationsVariable });
  merged.fields.push(entitiesField(alias, representationsVariable, selectionSet));
}

/** A path that another one repeats leads to the same objects. */
function withoutRepeats(paths: EntityLookup['paths']): EntityLookup['paths'] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

/** Two fetches may have given one name to different fragments. */
function fragmentNames(merged: Merged, fragments: Fragments, index: number): Map<string, string> {
  return new Map(
    [...fragments.keys()].map((name) => [
      name,
      merged.fragments.has(name) ? unusedName(`${name}_${index}`, merged.fragments) : name,
    ]),
  );
}

function withFragmentNames<Node extends FieldNode | FragmentDefinitionNode>(
  node: Node,
  names: ReadonlyMap<string, string>,
): Node {
  const renamed = (name: string) => ({ kind: Kind.NAME as const, value: names.get(name) ?? name });
  return visit(node, {
    FragmentSpread: (spread) => ({ ...spread, name: renamed(spread.name.value) }),
    FragmentDefinition: (definition) => ({ ...definition, name: renamed(definition.name.value) }),
  });
}

function unusedName(name: string, taken: { has(name: string): boolean }): string {
  let free = name;
  while (taken.has(free)) free += '_';
  return free;
}

function entitiesField(alias: string, variable: string, selectionSet: SelectionSetNode): FieldNode {
  const template = fieldOfText(`{ ${alias}: _entities(representations: $${variable}) }`);
  return { ...template, selectionSet };
}

function fieldOfText(text: string): FieldNode {
  const [definition] = parse(text, { noLocation: true }).definitions;
  const field =
    definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections[0] : undefined;
  if (field?.kind !== Kind.FIELD) throw new Error('a text with one field');
  return field;
}

function operationText({ lookups, fields, variables, fragments }: Merged): string {
  const own = lookups.map(({ representationsVariable }) => `$${representationsVariable}: [_Any!]!`);
  const declared = [...own, ...[...variables.values()].map(print)].join(', ');
  const selected = print({ kind: Kind.SELECTION_SET, selections: fields });
  return [`query (${declared}) ${selected}`, ...[...fragments.values()].map(print)].join('\n');
}
