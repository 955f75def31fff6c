// What the client gets, at compile time: its selection at each place, by the concrete type that stands there, each
// field with its type and its providers. The generated projector and the exact one are both made from shapes.
import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import type { DeniedField } from '../authorization/denied-field.ts';
import { isTypeFree } from '../operation/type-free.ts';
import type { PlannedKeys } from '../operation/planned-keys.ts';
import { introspectionKey } from './introspection.ts';
import { providersFor, type Place, type Provider } from './place.ts';

export interface Shape {
  readonly id: number;
  readonly type: GraphQLCompositeType;
  /** The place's own knowledge of types, asked when `type` is abstract; the last word first. */
  readonly typename: readonly Provider[];
  /** One for each group of types that answer alike. */
  readonly variants: readonly Variant[];
  /**
   * For an object that says no type, or only the name of an interface, as interface objects do: given when nothing that
   * the client selects depends on it.
   */
  readonly free: Variant | undefined;
}

export interface Variant {
  readonly typeNames: readonly string[];
  /** In the order of the response. */
  readonly fields: readonly ShapeField[];
}

export interface ShapeField {
  readonly key: string;
  readonly parentType: string;
  readonly name: string;
  /** `denied`: the caller may not see it, so it was not planned. */
  readonly kind: 'typename' | 'introspection' | 'leaf' | 'composite' | 'denied';
  readonly type: GraphQLOutputType;
  readonly providers: readonly Provider[];
  readonly child: Shape | undefined;
}

const metaFields = [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef];

export interface ShapeInput {
  readonly schema: GraphQLSchema;
  readonly root: Place;
  readonly rootType: GraphQLObjectType;
  readonly selectionSet: SelectionSetNode;
  readonly denied: readonly DeniedField[];
  readonly keys: PlannedKeys;
}

interface Work {
  readonly schema: GraphQLSchema;
  readonly keys: PlannedKeys;
  readonly denied: readonly DeniedField[];
  readonly known: Map<string, Shape>;
  readonly ids: Map<object, number>;
  shapes: number;
}

export function buildShape({ schema, root, rootType, selectionSet, denied, keys }: ShapeInput): Shape {
  const work: Work = { schema, denied, keys, known: new Map(), ids: new Map(), shapes: 0 };
  return shapeOf(work, { place: root, path: [] }, rootType, [selectionSet]);
}

/** Where in the response a shape stands. */
interface Standing {
  readonly place: Place | undefined;
  /** Response keys, without list indexes. */
  readonly path: readonly string[];
}

function shapeOf(
  work: Work,
  standing: Standing,
  type: GraphQLCompositeType,
  selectionSets: readonly SelectionSetNode[],
): Shape {
  const { place } = standing;
  // The same selection under several variants of its parent is one shape; without this they would multiply.
  const signature = `${place?.id} ${type.name} ${selectionSets.map((set) => idOf(work, set)).join(' ')}`;
  let shape = work.known.get(signature);
  if (shape === undefined) {
    const types = isAbstractType(type) ? work.schema.getPossibleTypes(type) : [type];
    shape = {
      id: work.shapes++,
      type,
      typename: place?.typename ?? [],
      variants: group(types.map((object) => [object.name, fieldsOf(work, standing, object, selectionSets)])),
      free: freeVariant(work, standing, type, selectionSets),
    };
    work.known.set(signature, shape);
  }
  return shape;
}

/** As the first of the types that can stand there; what all of them have is what an interface object has too. */
function freeVariant(
  work: Work,
  standing: Standing,
  type: GraphQLCompositeType,
  selectionSets: readonly SelectionSetNode[],
): Variant | undefined {
  if (!isAbstractType(type) || !isTypeFree(work.schema, type, selectionSets)) return undefined;
  const [first] = work.schema.getPossibleTypes(type);
  if (first === undefined) return undefined;
  return { typeNames: [], fields: fieldsOf(work, standing, first, selectionSets, type.name) };
}

function fieldsOf(
  work: Work,
  standing: Standing,
  object: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
  standsFor = object.name,
): ShapeField[] {
  const collected = new Map<string, FieldNode[]>();
  for (const set of selectionSets) collect(work, object, set, collected);
  return [...collected.entries()].map(([key, nodes]) =>
    fieldOf(work, standing, { object, standsFor }, key, nodes),
  );
}

/** GraphQL, CollectFields: conditions are gone, and fragments are inline. */
function collect(
  work: Work,
  object: GraphQLObjectType,
  { selections }: SelectionSetNode,
  collected: Map<string, FieldNode[]>,
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      const nodes = collected.get(key);
      if (nodes === undefined) collected.set(key, [selection]);
      else nodes.push(selection);
    } else if (
      selection.kind === Kind.INLINE_FRAGMENT &&
      applies(work, object, selection.typeCondition?.name.value)
    ) {
      collect(work, object, selection.selectionSet, collected);
    }
  }
}

function applies({ schema }: Work, object: GraphQLObjectType, condition: string | undefined): boolean {
  if (condition === undefined || condition === object.name) return true;
  const type = schema.getType(condition);
  return isAbstractType(type) && schema.isSubType(type, object);
}

function fieldOf(
  work: Work,
  { place, path: above }: Standing,
  { object, standsFor }: { object: GraphQLObjectType; standsFor: string },
  key: string,
  nodes: readonly FieldNode[],
): ShapeField {
  const name = nodes[0]?.name.value ?? key;
  const definition = definitionOf(object, name);
  const base = { key, parentType: object.name, name, type: definition };
  const path = [...above, key];
  if (isDenied(work, path, object)) return { ...base, kind: 'denied', providers: [], child: undefined };
  const entry = nodes[0] === undefined ? undefined : place?.fields.get(work.keys.of(nodes[0]));
  const providers = providersFor(entry, object.name, standsFor);
  if (name === '__typename') return { ...base, kind: 'typename', providers, child: undefined };
  if (name.startsWith('__'))
    return {
      ...base,
      kind: 'introspection',
      providers: [own(introspectionKey(key), object)],
      child: undefined,
    };
  const named = getNamedType(definition);
  if (!isCompositeType(named)) return { ...base, kind: 'leaf', providers, child: undefined };
  const sets = nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]));
  return {
    ...base,
    kind: 'composite',
    providers,
    child: shapeOf(work, { place: entry?.child, path }, named, sets),
  };
}

function isDenied({ denied }: Work, path: readonly string[], { name }: GraphQLObjectType): boolean {
  return denied.some(
    (field) =>
      field.path.length === path.length &&
      field.path.every((key, index) => key === path[index]) &&
      (field.onTypes === undefined || field.onTypes.has(name)),
  );
}

function definitionOf(object: GraphQLObjectType, name: string): GraphQLOutputType {
  const meta = metaFields.find((field) => field.name === name);
  const definition = meta ?? object.getFields()[name];
  if (definition === undefined) throw new Error(`validated, but ${object.name} has no ${name}`);
  return definition.type;
}

function own(key: string, object: GraphQLObjectType): Provider {
  return { link: undefined, rawKey: key, types: new Set([object.name]), isInterfaceName: false };
}

function group(byType: readonly (readonly [string, ShapeField[]])[]): Variant[] {
  const groups = new Map<string, { typeNames: string[]; fields: ShapeField[] }>();
  for (const [typeName, fields] of byType) {
    const signature = fields.map(signatureOf).join('\n');
    const known = groups.get(signature);
    if (known === undefined) groups.set(signature, { typeNames: [typeName], fields });
    else known.typeNames.push(typeName);
  }
  return [...groups.values()];
}

function signatureOf({ key, type, providers, child, kind }: ShapeField): string {
  const from = providers.map(({ link, rawKey }) => `${link?.id ?? 'own'}.${rawKey}`).join('|');
  return `${key} ${kind} ${String(type)} ${kind === 'typename' ? '' : from} ${child?.id}`;
}

function idOf({ ids }: Work, object: object): number {
  let id = ids.get(object);
  if (id === undefined) ids.set(object, (id = ids.size));
  return id;
}

/** Undefined when the shape's type is abstract and several variants stand behind it. */
export function onlyVariant(shape: Shape): Variant | undefined {
  return isObjectType(shape.type) ? shape.variants[0] : undefined;
}
