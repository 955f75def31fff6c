// The data behind a supergraph, the same for its subgraphs and its monolith: plain JSON, so that a failing case can be
// written to a file. Every field has one true value; who serves it only copies it.
import { Kind, valueFromASTUntyped, type SelectionNode } from 'graphql';
import type { Facts } from './facts.ts';
import { hashOf } from './random.ts';

/**
 * A scalar's or enum's value as it is; for composite fields `{"$ref": "Product/1"}` or an object with its `$type`; for
 * fields whose value follows from arguments or required fields `{"$choices": […]}`; lists of all of these.
 * `{"$ticks": true}` is how many mutation fields have run.
 */
export type Stored = unknown;

export interface StoredObject {
  readonly $type: string;
  readonly [field: string]: Stored;
}

export interface World {
  /** By reference, `Type/number`. */
  readonly entities: Readonly<Record<string, StoredObject>>;
  readonly roots: { readonly Query: StoredObject; readonly Mutation: StoredObject };
  /** Entities that a subgraph has never heard of: their fields that only it serves are null. */
  readonly unknown: Readonly<Record<string, readonly string[]>>;
}

/** One object while it is being answered. */
export interface Thing {
  readonly stored: StoredObject;
  /** Of an entity; undefined for an object that only stands in another one. */
  readonly reference: string | undefined;
}

/** Counts mutation fields: their order must show in the answers. */
export interface Clock {
  mutations: number;
}

export type Arguments = Readonly<Record<string, unknown>>;

export interface Call {
  readonly args: Arguments;
  /** Values of the fields that it requires; undefined when it requires none. */
  readonly required: unknown;
  readonly clock: Clock;
  readonly isMutation: boolean;
  /** Whether its named type is String, so that a text may tell of the call. */
  readonly isText: boolean;
}

/** The field's true value, with objects as things. */
export function readField(world: World, { stored }: Thing, field: string, call: Call): unknown {
  const value = Object.hasOwn(stored, field) ? stored[field] : null;
  if (!isRecord(value)) return toThings(world, value);
  if (Object.hasOwn(value, '$ticks')) return call.clock.mutations;
  const choices = value['$choices'];
  if (!Array.isArray(choices)) return toThings(world, value);
  const called = canonicalText([
    call.args,
    call.required ?? null,
    call.isMutation ? call.clock.mutations : 0,
  ]);
  const hash = hashOf(called);
  const chosen: unknown = choices[hash % choices.length];
  return call.isText && typeof chosen === 'string'
    ? `${chosen}~${hash.toString(36)}`
    : toThings(world, chosen);
}

export function thingOf(world: World, reference: string): Thing {
  const stored = world.entities[reference];
  if (stored === undefined) throw new Error(`the data has no ${reference}`);
  return { stored, reference };
}

function toThings(world: World, value: Stored): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => toThings(world, item));
  if (!isRecord(value)) return value;
  if (typeof value['$ref'] === 'string') return thingOf(world, value['$ref']);
  if (typeof value['$type'] === 'string') return { stored: value, reference: undefined };
  return value;
}

export function isThing(value: unknown): value is Thing {
  return isRecord(value) && Object.hasOwn(value, 'stored');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What a field set selects of an object, as true values: representations as a perfect gateway would send them, without
 * `__typename`.
 */
export function selectFrom(
  facts: Facts,
  world: World,
  thing: Thing,
  selections: readonly SelectionNode[],
  clock: Clock = { mutations: 0 },
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value;
      if (condition === undefined || facts.isPossible(condition, thing.stored.$type)) {
        Object.assign(result, selectFrom(facts, world, thing, selection.selectionSet.selections, clock));
      }
    } else if (selection.kind === Kind.FIELD && selection.name.value !== '__typename') {
      const name = selection.name.value;
      const given = Object.fromEntries(
        (selection.arguments ?? []).map((argument) => [
          argument.name.value,
          valueFromASTUntyped(argument.value),
        ]),
      );
      const value = trueValue(facts, world, thing, name, given, clock);
      result[name] = selection.selectionSet
        ? selectInside(facts, world, value, selection.selectionSet.selections, clock)
        : value;
    }
  }
  return result;
}

function selectInside(
  facts: Facts,
  world: World,
  value: unknown,
  selections: readonly SelectionNode[],
  clock: Clock,
): unknown {
  if (Array.isArray(value))
    return value.map((item: unknown) => selectInside(facts, world, item, selections, clock));
  return isThing(value) ? selectFrom(facts, world, value, selections, clock) : value;
}

/** A field's value with what it requires, from the data alone: what the monolith answers. */
export function trueValue(
  facts: Facts,
  world: World,
  thing: Thing,
  field: string,
  args: Arguments,
  clock: Clock,
): unknown {
  const { $type } = thing.stored;
  const { requires, isText, defaults } = facts.call($type, field);
  return readField(world, thing, field, {
    args: { ...defaults, ...args },
    required: requires === undefined ? undefined : selectFrom(facts, world, thing, requires, clock),
    clock,
    isMutation: $type === 'Mutation',
    isText,
  });
}

/** Equal values have equal texts, whatever the order of their keys. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    isRecord(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : item,
  );
}
