// How the representation of an entity is written, as JSON text: made once for each lookup, place and type. The text is
// also what makes two entities of a request the same.
import {
  getNamedType,
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  type GraphQLType,
} from 'graphql';
import type { EntityFetch, EntityLookup, RequiredField, RequiredSelection } from '../planner/plan.ts';
import { holdsNull, representationFields } from '../supergraph/representation-fields.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { isObject, readField, readScalar, type LinkedObject } from '../execute/linked-object.ts';
import { CannotCompile } from './cannot-compile.ts';
import { providersFor, type Place, type Provider } from './place.ts';

/** Undefined when the object cannot be asked for: no key is there as a whole, or something required is not there. */
export type WriteRepresentation = (object: LinkedObject) => string | undefined;

/** What the representations of one type are made of. */
export interface RepresentationParts {
  /** `{"__typename":"…"` */
  readonly constant: string;
  readonly parts: readonly RepresentationPart[];
  /** Keys as indexes of parts, one of which must be there as a whole; empty when every part must be. */
  readonly keys: readonly (readonly number[])[];
}

export interface RepresentationPart {
  /** `,"name":` */
  readonly before: string;
  readonly providers: readonly Provider[];
  readonly isNullable: boolean;
  /** Otherwise it is left out when it has not come, or is null. */
  readonly isNeeded: boolean;
  /** Undefined for a scalar; otherwise writes the object or list. */
  readonly write: ((value: unknown) => string | undefined) | undefined;
}

/** Undefined when objects of this type are not asked for at all. */
export function representationParts(
  supergraph: Supergraph,
  fetch: EntityFetch,
  lookup: EntityLookup,
  place: Place,
  typeName: string,
): RepresentationParts | undefined {
  const fields = fieldsFor(supergraph, lookup.requires, typeName);
  if (!fields.delete('__typename')) return undefined;
  const sentName = sentTypename(supergraph, lookup, typeName);
  const names = new Set(fields.keys());
  const { needed, keys } = representationFields(supergraph, fetch, lookup, sentName, names);
  const isCertain = needed.size === names.size && keys.length === 1;
  const keyNames = keys.reduce((all, key) => all.union(key), new Set<string>());
  const parts = [...fields.values()].map(({ name, source, selections }): RepresentationPart => {
    const entry = place.fields.get(source);
    const isNeeded = needed.has(name);
    // Where a key may be missing, a needed part of it may be null like any other field.
    const isKey = isCertain ? keyNames.has(name) : !isNeeded;
    const isNullable = !isKey && isNullableIn(supergraph, typeName, name);
    const isPlain = selections === undefined && !(isKey && isListIn(supergraph, typeName, name));
    return {
      before: `,${JSON.stringify(name)}:`,
      providers: providersFor(entry, typeName),
      isNullable,
      isNeeded,
      write: isPlain
        ? undefined
        : (value) =>
            write(supergraph, value, selections, entry?.child, {
              isKey,
              isNullable,
              onlyType: objectTypeIn(supergraph, typeName, name),
            }),
    };
  });
  const order = [...names];
  return {
    constant: `{"__typename":${JSON.stringify(sentName)}`,
    parts,
    keys: isCertain ? [] : keys.map((key) => [...key].map((name) => order.indexOf(name))),
  };
}

export function representationWriter({ constant, parts, keys }: RepresentationParts): WriteRepresentation {
  return (object) => {
    let text = constant;
    const whole = new Set<number>();
    for (const [index, { before, providers, isNullable, isNeeded, write: writeValue }] of parts.entries()) {
      const value = (writeValue === undefined ? readScalar : readField)(object, providers);
      const isThere = value !== undefined && (value !== null || isNullable);
      const written = !isThere
        ? undefined
        : writeValue === undefined
          ? JSON.stringify(value)
          : writeValue(value);
      if (written === undefined && isNeeded) return undefined;
      if (written === undefined) continue;
      if (value !== null) whole.add(index);
      text += before + written;
    }
    const isKnown = keys.length === 0 || keys.some((key) => key.every((index) => whole.has(index)));
    return isKnown ? `${text}}` : undefined;
  };
}

/** By name: a required field that stands in several fragments is sent once. */
function fieldsFor(
  supergraph: Supergraph,
  selections: readonly RequiredSelection[],
  typeName: string,
): Map<string, RequiredField> {
  const fields = new Map<string, RequiredField>();
  for (const selection of selections) {
    const found =
      selection.kind === 'field'
        ? [selection]
        : isMet(supergraph, selection.typeCondition, typeName)
          ? fieldsFor(supergraph, selection.selections, typeName).values()
          : [];
    for (const field of found) {
      const known = fields.get(field.name);
      fields.set(field.name, known === undefined ? field : withBoth(known, field));
    }
  }
  return fields;
}

function withBoth(left: RequiredField, right: RequiredField): RequiredField {
  if (left.selections === undefined || right.selections === undefined) return left;
  return { ...left, selections: [...left.selections, ...right.selections] };
}

function isMet(supergraph: Supergraph, condition: string | undefined, typeName: string): boolean {
  return (
    condition === undefined || condition === typeName || supergraph.possibleTypes(condition).has(typeName)
  );
}

/** Throws CannotCompile for rewrites that no planner was seen to make. */
export function assertWritable({ inputRewrites }: EntityLookup): void {
  for (const { path, value } of inputRewrites) {
    const last = path.at(-1);
    const isTypename = last?.kind === 'key' && last.name === '__typename' && typeof value === 'string';
    if (!isTypename || path.slice(0, -1).some(({ kind }) => kind !== 'types')) {
      throw new CannotCompile('a representation is rewritten elsewhere than at its __typename');
    }
  }
}

/** An interface object is asked for by the interface's name. */
function sentTypename(supergraph: Supergraph, { inputRewrites }: EntityLookup, typeName: string): string {
  let sent = typeName;
  for (const { path, value } of inputRewrites) {
    const applies = path.every(
      (segment) => segment.kind === 'key' || segment.names.some((name) => isMet(supergraph, name, typeName)),
    );
    if (applies) sent = String(value);
  }
  return sent;
}

function isNullableIn(supergraph: Supergraph, typeName: string, fieldName: string): boolean {
  return !isNonNullType(typeOf(supergraph, typeName, fieldName));
}

/** Or of a custom scalar, which may hold anything. */
function isListIn(supergraph: Supergraph, typeName: string, fieldName: string): boolean {
  const type = getNullableType(typeOf(supergraph, typeName, fieldName));
  return isListType(type) || (isScalarType(type) && !isSpecifiedScalarType(type));
}

function typeOf({ fullSchema }: Supergraph, typeName: string, fieldName: string): GraphQLType | undefined {
  const type = fullSchema.getType(typeName);
  return type !== undefined && 'getFields' in type ? type.getFields()[fieldName]?.type : undefined;
}

/** The name of the field's type when it is an object type, or a list of such. */
function objectTypeIn(supergraph: Supergraph, typeName: string, fieldName: string): string | undefined {
  const type = getNamedType(typeOf(supergraph, typeName, fieldName));
  return isObjectType(type) ? type.name : undefined;
}

/** What the schema says of a value. */
interface Declared {
  /** Nothing in it may be null. */
  readonly isKey: boolean;
  /** It itself may be null. */
  readonly isNullable: boolean;
  /** Of the objects, when no other can stand there: nobody asks for their `__typename` then. */
  readonly onlyType: string | undefined;
}

function write(
  supergraph: Supergraph,
  value: unknown,
  selections: readonly RequiredSelection[] | undefined,
  place: Place | undefined,
  declared: Declared,
): string | undefined {
  if (value === null) return declared.isNullable ? 'null' : undefined;
  if (selections === undefined) return declared.isKey && holdsNull(value) ? undefined : JSON.stringify(value);
  if (Array.isArray(value)) {
    const items: string[] = [];
    for (const item of value) {
      const written = write(supergraph, item, selections, place, {
        ...declared,
        isNullable: !declared.isKey,
      });
      if (written === undefined) return undefined;
      items.push(written);
    }
    return `[${items.join(',')}]`;
  }
  return isObject(value) && place !== undefined
    ? writeObject(supergraph, value, selections, place, declared)
    : undefined;
}

function writeObject(
  supergraph: Supergraph,
  object: LinkedObject,
  selections: readonly RequiredSelection[],
  place: Place,
  { isKey, onlyType }: Declared,
): string | undefined {
  // Several types may stand at a place, each below another type of what stands above.
  const typeName = typenameAt(place, object) ?? onlyType;
  if (typeName === undefined) return undefined;
  const parts: string[] = [];
  for (const { name, source, selections: inner } of fieldsFor(supergraph, selections, typeName).values()) {
    const entry = place.fields.get(source);
    const read = inner === undefined ? readScalar : readField;
    const value = name === '__typename' ? typeName : read(object, providersFor(entry, typeName));
    if (value === undefined) return undefined;
    const isNullable = !isKey && isNullableIn(supergraph, typeName, name);
    const ofField = { isKey, isNullable, onlyType: objectTypeIn(supergraph, typeName, name) };
    const written = write(supergraph, value, inner, entry?.child, ofField);
    if (written === undefined) return undefined;
    parts.push(`${JSON.stringify(name)}:${written}`);
  }
  return `{${parts.join(',')}}`;
}

/** As the last fetch that knows says, or as the schema says where only one object type can stand. */
export function typenameAt(place: Place, object: LinkedObject): string | undefined {
  const said = readField(object, place.typename);
  if (typeof said === 'string') return said;
  const [only] = place.typeNames;
  return place.typeNames.size === 1 ? only : undefined;
}
