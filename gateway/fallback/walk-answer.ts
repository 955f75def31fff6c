// Goes through an answer to the fallback fields, and only to them, and tells what identifies each.
import { isObjectType } from 'graphql';
import type { Place, Shape, ShapeField } from './shape.ts';

export type ResponseObject = Record<string, unknown>;
export type ResponsePath = readonly (string | number)[];

export interface FoundField {
  readonly object: ResponseObject;
  readonly field: ShapeField;
  /** Valid during the call only: copy it to keep it. */
  readonly path: ResponsePath;
  /**
   * Whose field it is, wherever it stands: the entity by its key, else the way from the root with all arguments.
   * Undefined in a list whose items have no key that is selected: an index identifies nothing.
   */
  readonly owner: string | undefined;
  /** Where it stands, by response keys and by the keys of list items, for comparison with another run's. */
  readonly way: string | undefined;
}

export interface WalkInput {
  readonly place: Place;
  readonly data: ResponseObject;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Whose the fields of the root are. */
  readonly owner: string | undefined;
  /** Whether `way` is wanted. */
  readonly withWay: boolean;
}

export function walkAnswer(input: WalkInput, found: (field: FoundField) => void): void {
  const path: (string | number)[] = [];

  const enterObject = (
    place: Place,
    object: ResponseObject,
    above: Pick<FoundField, 'owner' | 'way'>,
    isItem: boolean,
  ): void => {
    const shape = place.shapeOf(typeOf(place, object));
    if (shape.fields.length === 0) return;
    const entity = entityOf(shape, object);
    const isNobody = isItem && entity === undefined;
    const owner = isNobody ? undefined : (entity ?? above.owner);
    const way = isNobody ? undefined : above.way && `${above.way}${entity ?? ''}`;
    for (const field of shape.fields) {
      const { responseKey, below } = field;
      if (!Object.hasOwn(object, responseKey)) continue;
      const value = object[responseKey];
      const fieldWay = way && `${way}.${responseKey}`;
      path.push(responseKey);
      if (field.fallbacks !== undefined) found({ object, field, path, owner, way: fieldWay });
      if (below !== undefined && typeof value === 'object' && value !== null) {
        enter(
          below,
          value,
          { owner: owner && `${owner}.${askedOf(field, input.variables)}`, way: fieldWay },
          false,
        );
      }
      path.pop();
    }
  };

  const enter = (
    place: Place,
    value: unknown,
    above: Pick<FoundField, 'owner' | 'way'>,
    isItem: boolean,
  ): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        path.push(index);
        enter(place, item, above, true);
        path.pop();
      }
    } else if (isResponseObject(value)) {
      enterObject(place, value, above, isItem);
    }
  };

  enterObject(input.place, input.data, { owner: input.owner, way: input.withWay ? '$' : undefined }, false);
}

/** `price(currency: $c)` and the variables' values. */
export function askedOf(
  { question, variables }: Pick<ShapeField, 'question' | 'variables'>,
  values: Readonly<Record<string, unknown>>,
): string {
  if (variables.length === 0) return question;
  return `${question}${JSON.stringify(variables.map((name) => values[name] ?? null))}`;
}

function typeOf(place: Place, object: ResponseObject): string | undefined {
  if (isObjectType(place.type)) return place.type.name;
  const name = place.typenameKey === undefined ? undefined : object[place.typenameKey];
  return typeof name === 'string' ? name : undefined;
}

/** `Product{"upc":"1"}`; undefined when a part of the key is null or no key is selected. */
function entityOf({ typeName, entityKey }: Shape, object: ResponseObject): string | undefined {
  if (typeName === undefined || entityKey === undefined) return undefined;
  let text = `${typeName}{`;
  for (const { name, responseKey } of entityKey) {
    const value = object[responseKey];
    if (value === null || typeof value === 'object' || value === undefined) return undefined;
    text += `${name}:${JSON.stringify(value)},`;
  }
  return `${text}}`;
}

export function isResponseObject(value: unknown): value is ResponseObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
