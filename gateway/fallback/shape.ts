// Build phase: where in an operation's answer fallback fields stand. A shape is made for each place and object type
// that really occurs, when it first does: an operation over many implementers would have too many to make them all.
import {
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  print,
  visit,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { applies, collectFields, type CollectedFields } from './collect-fields.ts';
import type { EntityKeys } from './entity-keys.ts';
import type { Fallback } from './fallback-directive.ts';

export interface Declared {
  readonly schema: GraphQLSchema;
  readonly keys: EntityKeys;
  /** By `Type.field`. */
  readonly fallbacks: ReadonlyMap<string, readonly Fallback[]>;
}

/** A place of the answer where an object stands. */
export interface Place {
  /** Where the object says of which type it is, when it may be of several. */
  readonly typenameKey: string | undefined;
  readonly type: GraphQLNamedType;
  /** `undefined`: the object does not say its type; then only what holds for every type is in the shape. */
  shapeOf(objectName: string | undefined): Shape;
}

export interface Shape {
  /** Undefined when the type is unknown. */
  readonly typeName: string | undefined;
  /** Response keys of the fields of the first entity key that is selected whole. */
  readonly entityKey: readonly { readonly name: string; readonly responseKey: string }[] | undefined;
  /** Only those that have fallbacks or lead to some. */
  readonly fields: readonly ShapeField[];
}

export interface ShapeField {
  readonly responseKey: string;
  readonly nodes: readonly FieldNode[];
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentName: string;
  readonly fallbacks: readonly Fallback[] | undefined;
  /** Name and arguments: `price(currency: $c)`. Equal texts with equal variables are the same question. */
  readonly question: string;
  /** Names of the variables in it. */
  readonly variables: readonly string[];
  /** What is selected below, with its variables; for a leaf an empty text. */
  readonly selection: { readonly text: string; readonly variables: readonly string[] };
  readonly below: Place | undefined;
}

/** Undefined when the operation has no fallback field. */
export function placeOf(
  declared: Declared,
  root: GraphQLNamedType,
  selectionSet: SelectionSetNode,
): Place | undefined {
  const leading = new Set<FieldNode>();
  markLeading(declared, root, selectionSet, leading);
  return leading.size === 0 ? undefined : makePlace({ ...declared, leading }, root, [{ selectionSet }]);
}

interface Work extends Declared {
  /** Field nodes that have fallbacks or lead to some. */
  readonly leading: ReadonlySet<FieldNode>;
}

type Selecting = readonly { readonly selectionSet?: SelectionSetNode | undefined }[];

function markLeading(
  declared: Declared,
  type: GraphQLNamedType,
  { selections }: SelectionSetNode,
  leading: Set<FieldNode>,
): boolean {
  let leads = false;
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition =
        selection.typeCondition && declared.schema.getType(selection.typeCondition.name.value);
      leads = markLeading(declared, condition ?? type, selection.selectionSet, leading) || leads;
    } else if (selection.kind === Kind.FIELD) {
      const field = fieldOf(type, selection.name.value);
      if (field === undefined) continue;
      const own = objectNames(declared.schema, type).some((name) =>
        declared.fallbacks.has(`${name}.${field.name}`),
      );
      const below =
        selection.selectionSet !== undefined &&
        markLeading(declared, getNamedType(field.type), selection.selectionSet, leading);
      if (own || below) leading.add(selection);
      leads = leads || own || below;
    }
  }
  return leads;
}

/** The object types that a type stands for; an interface's own fallbacks stand at its implementers already. */
function objectNames(schema: GraphQLSchema, type: GraphQLNamedType): string[] {
  return isAbstractType(type) ? schema.getPossibleTypes(type).map(({ name }) => name) : [type.name];
}

function makePlace(work: Work, type: GraphQLNamedType, of: Selecting): Place {
  const shapes = new Map<string | undefined, Shape>();
  return {
    type,
    typenameKey: isAbstractType(type) ? typenameKey(work, type, of) : undefined,
    shapeOf(objectName) {
      let shape = shapes.get(objectName);
      if (shape === undefined) {
        shape =
          objectName === undefined ? unknownShape(work, type, of) : objectShape(work, objectName, type, of);
        shapes.set(objectName, shape);
      }
      return shape;
    },
  };
}

function objectShape(work: Work, objectName: string, type: GraphQLNamedType, of: Selecting): Shape {
  const collected = collectFields(work.schema, objectName, of);
  const fields: ShapeField[] = [];
  for (const [responseKey, nodes] of collected) {
    const name = nodes[0]?.name.value ?? '';
    const fallbacks = work.fallbacks.get(`${objectName}.${name}`);
    const field = shapeField(work, work.schema.getType(objectName), responseKey, nodes, fallbacks);
    if (field !== undefined) fields.push(field);
  }
  return { typeName: objectName, entityKey: entityKey(work, objectName, type.name, collected), fields };
}

/** Fields that are asked for whatever the object is, where every possible type declares the same. */
function unknownShape(work: Work, type: GraphQLNamedType, of: Selecting): Shape {
  const fields: ShapeField[] = [];
  for (const [responseKey, nodes] of unconditional(work, type, of)) {
    const name = nodes[0]?.name.value ?? '';
    const each = objectNames(work.schema, type);
    const declared = each.map((object) => work.fallbacks.get(`${object}.${name}`));
    const [first] = declared;
    const agree = declared.every((other) => JSON.stringify(other) === JSON.stringify(first));
    const field = shapeField(work, type, responseKey, nodes, agree ? first : undefined);
    if (field !== undefined) fields.push(field);
  }
  return { typeName: undefined, entityKey: undefined, fields };
}

function shapeField(
  work: Work,
  parent: GraphQLNamedType | undefined,
  responseKey: string,
  nodes: readonly FieldNode[],
  fallbacks: readonly Fallback[] | undefined,
): ShapeField | undefined {
  const [node] = nodes;
  const definition = node === undefined ? undefined : fieldOf(parent, node.name.value);
  if (node === undefined || definition === undefined || parent === undefined) return undefined;
  if (fallbacks === undefined && !nodes.some((candidate) => work.leading.has(candidate))) return undefined;
  const { alias: _answeredAs, selectionSet: _selected, ...asked } = node;
  const named = getNamedType(definition.type);
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  return {
    responseKey,
    nodes,
    definition,
    parentName: parent.name,
    fallbacks,
    question: print(asked),
    variables: variablesIn([asked]),
    selection: { text: sets.map(print).join(' '), variables: variablesIn(sets) },
    below: sets.length === 0 ? undefined : makePlace(work, named, nodes),
  };
}

function variablesIn(nodes: readonly (FieldNode | SelectionSetNode)[]): readonly string[] {
  const names = new Set<string>();
  for (const node of nodes) visit(node, { Variable: ({ name }) => void names.add(name.value) });
  return [...names].toSorted();
}

function entityKey(
  { keys }: Work,
  objectName: string,
  placeName: string,
  collected: CollectedFields,
): Shape['entityKey'] {
  const responseKeys = new Map<string, string>();
  for (const [responseKey, [node]] of collected) {
    if (node !== undefined && node.arguments?.length === 0) responseKeys.set(node.name.value, responseKey);
  }
  for (const names of [...(keys.get(objectName) ?? []), ...(keys.get(placeName) ?? [])]) {
    const found = names.flatMap((name) => {
      const responseKey = responseKeys.get(name);
      return responseKey === undefined ? [] : [{ name, responseKey }];
    });
    if (found.length === names.length) return found;
  }
  return undefined;
}

function typenameKey(work: Work, type: GraphQLNamedType, of: Selecting): string | undefined {
  for (const [responseKey, [node]] of unconditional(work, type, of)) {
    if (node?.name.value === '__typename') return responseKey;
  }
  return undefined;
}

/** What is selected for every object type that can stand there. */
function unconditional(work: Work, type: GraphQLNamedType, of: Selecting): CollectedFields {
  const collected = new Map<string, FieldNode[]>();
  const objects = objectNames(work.schema, type);
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        collected.set(key, [...(collected.get(key) ?? []), selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        const isForAll =
          condition === undefined || objects.every((object) => applies(work.schema, condition, object));
        if (isForAll) collect(selection.selectionSet);
      }
    }
  };
  for (const { selectionSet } of of) if (selectionSet !== undefined) collect(selectionSet);
  return collected;
}

function fieldOf(
  type: GraphQLNamedType | undefined,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}
