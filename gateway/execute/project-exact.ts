// The exact projector: GraphQL's CompleteValue over linked objects, with a path and an error for every value that is
// not what the schema says, and null propagation. Run only when the generated projector has given up, on data that it
// has not changed.
import { isLeafType, isListType, isNonNullType, isObjectType, type GraphQLOutputType } from 'graphql';
import { unauthorizedError } from '../authorization/denied-field.ts';
import type { CompiledOperation } from '../compile/compiled-operation.ts';
import { onlyVariant, type Shape, type ShapeField, type Variant } from '../compile/shape.ts';
import type { ErrorLog } from '../errors/error-log.ts';
import type { ExecutionResult } from '../execution.ts';
import { invalidValueCode } from './faults.ts';
import { isObject, readField, type LinkedObject } from './linked-object.ts';

type ResponsePath = (string | number)[];

/** Returned for a null that its position may not hold; the parent becomes null in its stead. */
const propagated = Symbol('propagated null');

interface Work {
  readonly isInterface: (typeName: string) => boolean;
  readonly path: ResponsePath;
  /** Of subgraphs, and of this projection. */
  readonly log: ErrorLog;
}

export function projectExactly(
  { shape, isInterface }: Pick<CompiledOperation, 'shape' | 'isInterface'>,
  root: LinkedObject,
  log: ErrorLog,
): ExecutionResult {
  const data = completeShape({ isInterface, path: [], log }, shape, root);
  return { data: data === propagated ? null : (data as Record<string, unknown>), errors: log.errors };
}

function completeShape(work: Work, shape: Shape, object: LinkedObject): unknown {
  const variant = onlyVariant(shape) ?? variantOf(work, shape, object);
  if (variant === undefined) {
    return invalid(work, `A value of the abstract type ${shape.type.name} has a type that it cannot have.`);
  }
  const typeName = isObjectType(shape.type) ? shape.type.name : readField(object, shape.typename);
  const result: Record<string, unknown> = {};
  for (const field of variant.fields) {
    work.path.push(field.key);
    const value = field.kind === 'typename' ? typeName : completeField(work, field, object);
    work.path.pop();
    if (value === propagated) return propagated;
    // Not by assignment: `__proto__` may be a response key.
    Object.defineProperty(result, field.key, { value, enumerable: true, configurable: true, writable: true });
  }
  return result;
}

function variantOf(
  { isInterface }: Work,
  { typename, variants, free }: Shape,
  object: LinkedObject,
): Variant | undefined {
  const said = readField(object, typename);
  if (said === undefined || said === null) return free;
  if (typeof said !== 'string') return undefined;
  return variants.find(({ typeNames }) => typeNames.includes(said)) ?? (isInterface(said) ? free : undefined);
}

function completeField(work: Work, field: ShapeField, object: LinkedObject): unknown {
  if (field.kind === 'denied') work.log.add(unauthorizedError(work.path));
  return complete(work, field, field.type, readField(object, field.providers));
}

function complete(work: Work, field: ShapeField, type: GraphQLOutputType, value: unknown): unknown {
  if (isNonNullType(type)) {
    const completed = complete(work, field, type.ofType, value);
    if (completed !== null) return completed;
    return invalid(work, `Cannot return null for non-nullable field ${field.parentType}.${field.name}.`);
  }
  if (value == null) return null;
  const completed = completePresent(work, field, type, value);
  return completed === propagated ? null : completed;
}

function completePresent(work: Work, field: ShapeField, type: GraphQLOutputType, value: unknown): unknown {
  if (isListType(type)) return completeList(work, field, type.ofType, value);
  if (field.kind === 'introspection') return value;
  if (field.child !== undefined) {
    return isObject(value)
      ? completeShape(work, field.child, value)
      : invalid(work, `${field.parentType}.${field.name} is no object.`);
  }
  if (!isLeafType(type)) throw new Error(`validated, but ${field.name} selects nothing of its object`);
  try {
    const serialized: unknown = type.serialize(value);
    if (serialized != null) return serialized;
  } catch {
    // The message would show the value.
  }
  return invalid(work, `${field.parentType}.${field.name} is no ${type.name}.`);
}

function completeList(work: Work, field: ShapeField, item: GraphQLOutputType, value: unknown): unknown {
  if (!Array.isArray(value)) return invalid(work, `${field.parentType}.${field.name} is no list.`);
  const items: unknown[] = [];
  for (const [index, entry] of value.entries()) {
    work.path.push(index);
    const completed = complete(work, field, item, entry);
    work.path.pop();
    if (completed === propagated) return propagated;
    items.push(completed);
  }
  return items;
}

/** An error for the value at this path, unless another one explains it; null takes its place. */
function invalid({ log, path }: Work, message: string): typeof propagated {
  if (!log.explains(path)) log.add({ message, path: [...path], extensions: { code: invalidValueCode } });
  return propagated;
}
