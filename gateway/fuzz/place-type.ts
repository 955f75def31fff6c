// Puts types and fields of the supergraph into a subgraph's draft, with all that they need there: a field's named type,
// an entity's key, an interface's implementers, a union's members.
import { Kind, type SelectionNode } from 'graphql';
import { parseFieldSet } from '../supergraph/field-set.ts';
import {
  namedOf,
  objectIn,
  objectSpec,
  type Draft,
  type FieldDraft,
  type InterfaceSpec,
  type ObjectDraft,
  type SubgraphDraft,
  type TypeSpec,
} from './draft.ts';
import type { Random } from './random.ts';

/** The wish does not fit into the subgraph; whoever makes the supergraph up starts again with other chances. */
export class CannotPlace extends Error {
  override readonly name = 'CannotPlace';
}

export interface Work {
  readonly draft: Draft;
  readonly random: Random;
  /** Keys by which an entity can be entered somewhere. */
  readonly usedKeys: Map<string, Set<string>>;
}

const roots = new Set(['Query', 'Mutation']);

/** Does nothing when the type is there already, or built into GraphQL. */
export function placeType(work: Work, subgraph: SubgraphDraft, name: string): void {
  const spec = work.draft.specs.get(name);
  if (spec === undefined || subgraph.types.has(name)) return;
  switch (spec.kind) {
    case 'enum':
      subgraph.types.set(name, { kind: 'enum', name, values: valuesHere(work, spec) });
      return;
    case 'scalar':
      subgraph.types.set(name, { kind: 'scalar', name });
      return;
    case 'input': {
      const odd = spec.oddField !== undefined && work.random.chance(0.5) ? [spec.oddField] : [];
      subgraph.types.set(name, { kind: 'input', name, fields: [...spec.fields, ...odd] });
      for (const { type } of spec.fields) placeType(work, subgraph, namedOf(type));
      return;
    }
    case 'union': {
      const members = new Set(work.random.some(spec.members, 1));
      subgraph.types.set(name, { kind: 'union', name, members });
      for (const member of members) placeType(work, subgraph, member);
      return;
    }
    case 'interface':
      placeInterface(work, subgraph, spec);
      return;
    case 'value':
      addObject(subgraph, name);
      if (!roots.has(name)) for (const field of spec.fields.keys()) serveField(work, subgraph, name, field);
      return;
    case 'entity': {
      refuseBesideInterfaceObject(work, subgraph, name);
      addObject(subgraph, name);
      const [first] = spec.keys;
      const used = [...(work.usedKeys.get(name) ?? [])];
      const key = used.length === 0 ? first : work.random.pick(used);
      if (key === undefined) throw new Error(`the entity ${name} has no key`);
      addKey(work, subgraph, name, key, subgraph.isFederation1 || work.random.chance(0.6));
      return;
    }
    default:
      spec satisfies never;
  }
}

function valuesHere({ random }: Work, { values, use }: TypeSpec & { kind: 'enum' }): readonly string[] {
  const [first, ...rest] = values;
  if (use === 'both' || first === undefined) return values;
  return [first, ...random.some(rest, use === 'input' ? rest.length - 1 : 0)];
}

export function addObject(subgraph: SubgraphDraft, name: string, kind: ObjectDraft['kind'] = 'object') {
  const object: ObjectDraft = {
    kind,
    name,
    keys: new Map(),
    interfaces: new Set(),
    fields: new Map(),
    directives: new Set(),
  };
  subgraph.types.set(name, object);
  return object;
}

export function serveField(work: Work, subgraph: SubgraphDraft, typeName: string, field: string): FieldDraft {
  placeType(work, subgraph, typeName);
  const object = objectIn(subgraph, typeName);
  const spec = objectSpec(work.draft, typeName).fields.get(field);
  if (object === undefined || spec === undefined) throw new Error(`no field ${typeName}.${field}`);
  let placed = object.fields.get(field);
  if (placed === undefined) {
    placed = { spec, isExternal: false, directives: [] };
    object.fields.set(field, placed);
    placeType(work, subgraph, namedOf(spec.type));
    for (const { type } of spec.args) placeType(work, subgraph, namedOf(type));
  }
  placed.isExternal = false;
  return placed;
}

/** The key with all fields that it names. */
export function addKey(
  work: Work,
  subgraph: SubgraphDraft,
  typeName: string,
  key: string,
  isResolvable: boolean,
): void {
  const object = objectIn(subgraph, typeName);
  if (object === undefined) throw new Error(`${subgraph.name} has no ${typeName}`);
  if (object.keys.get(key)?.isResolvable) return;
  object.keys.set(key, { isResolvable });
  if (isResolvable) {
    const used = work.usedKeys.get(typeName) ?? new Set();
    work.usedKeys.set(typeName, used.add(key));
  }
  coverFieldSet(work, subgraph, typeName, parseFieldSet(key).selections);
}

/** Serves every field that the field set selects. */
function coverFieldSet(
  work: Work,
  subgraph: SubgraphDraft,
  typeName: string,
  selections: readonly SelectionNode[],
): void {
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') continue;
    const { spec } = serveField(work, subgraph, typeName, selection.name.value);
    if (selection.selectionSet !== undefined) {
      coverFieldSet(work, subgraph, namedOf(spec.type), selection.selectionSet.selections);
    }
  }
}

function placeInterface(work: Work, subgraph: SubgraphDraft, spec: InterfaceSpec): void {
  const { random } = work;
  const isFull = spec.isEntity;
  if (isFull && !subgraph.isFederation1 && !hasAny(subgraph, spec.implementers) && random.chance(0.7)) {
    placeInterfaceObject(work, subgraph, spec);
    return;
  }
  const placed = addObject(subgraph, spec.name, 'interface');
  const names = [...spec.fields.keys()];
  const fields = isFull ? names : random.some(names, 1);
  if (isFull && !subgraph.isFederation1) placed.keys.set('id', { isResolvable: true });
  for (const implementer of isFull ? spec.implementers : random.some(spec.implementers, 1)) {
    implement(work, subgraph, spec, implementer, fields);
  }
  for (const field of fields) {
    const fieldSpec = spec.fields.get(field);
    if (fieldSpec === undefined) throw new Error(`no field ${spec.name}.${field}`);
    placed.fields.set(field, { spec: fieldSpec, isExternal: false, directives: [] });
    placeType(work, subgraph, namedOf(fieldSpec.type));
    for (const { type } of fieldSpec.args) placeType(work, subgraph, namedOf(type));
  }
}

function implement(
  work: Work,
  subgraph: SubgraphDraft,
  spec: InterfaceSpec,
  implementer: string,
  fields: readonly string[],
): void {
  placeType(work, subgraph, implementer);
  const object = objectIn(subgraph, implementer);
  if (object === undefined) throw new Error(`${implementer} is no object type`);
  if (spec.isEntity) addKey(work, subgraph, implementer, 'id', true);
  object.interfaces.add(spec.name);
  for (const field of fields) serveField(work, subgraph, implementer, field);
}

/** The interface's name for all of its implementers, as an object type. */
function placeInterfaceObject({ draft }: Work, subgraph: SubgraphDraft, { name }: InterfaceSpec): void {
  if (draft.subgraphs.every((other) => other === subgraph || objectIn(other, name)?.kind !== 'interface')) {
    throw new CannotPlace(`nobody defines the interface ${name}`);
  }
  const object = addObject(subgraph, name);
  object.directives.add('@interfaceObject');
  object.keys.set('id', { isResolvable: true });
  object.fields.set('id', { spec: idField, isExternal: false, directives: [] });
}

export const idField = { name: 'id', type: 'ID!', args: [] };

function hasAny(subgraph: SubgraphDraft, names: readonly string[]): boolean {
  return names.some((name) => subgraph.types.has(name));
}

function refuseBesideInterfaceObject({ draft }: Work, subgraph: SubgraphDraft, name: string): void {
  for (const spec of draft.specs.values()) {
    if (spec.kind !== 'interface' || !spec.implementers.includes(name)) continue;
    if (objectIn(subgraph, spec.name)?.directives.has('@interfaceObject')) {
      throw new CannotPlace(`${subgraph.name} has an interface object that stands for ${name}`);
    }
  }
}
