// Which fields of the merged response the fetches of a plan bring, and for objects of which types. Checks and passes that
// ask what is there before a fetch, or who needs whom, read this.
import { getNamedType, Kind, type FieldNode, type SelectionSetNode } from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { keyOf, operationOf, type Fragments } from './fetch-operation.ts';
import type { EntityFetch, EntityPath, KeyRename, RequiredSelection, RootFetch } from './plan.ts';

export type TypeNames = ReadonlySet<string>;

export interface ResponseField {
  /** Response keys from the root down to this one, joined by dots; lists go unsaid. */
  readonly path: string;
  readonly field: FieldNode;
  /** From the root down to the object that has the field: the types that can stand at each place on the way. */
  readonly chain: readonly TypeNames[];
}

type Types = Pick<Supergraph, 'fullSchema' | 'possibleTypes'>;

interface Walk {
  readonly place: string;
  /** Undefined directly below `_entities`. */
  readonly typeName: string | undefined;
  readonly types: TypeNames;
  /** Types at the places above. */
  readonly above: readonly TypeNames[];
  readonly fragments: Fragments;
  readonly renames: readonly KeyRename[];
  /** Response keys from where the renames' paths begin. */
  readonly keys: readonly string[];
  readonly found: ResponseField[];
}

const none: TypeNames = new Set();

/** The fetches of one plan, asked about in the plan's order. */
export class ResponseFields {
  readonly #types: Types;
  readonly #rootType: string;
  readonly #typeSets = new Map<string, TypeNames>();
  /** The types that fields are declared to have, by where their objects stand. */
  readonly #declared = new Map<string, Set<string>>();

  constructor(types: Types, rootType: string) {
    this.#types = types;
    this.#rootType = rootType;
    this.#declared.set('', new Set([rootType]));
  }

  broughtBy(fetch: RootFetch | EntityFetch): ResponseField[] {
    const { operation, fields, fragments } = operationOf(fetch);
    const found: ResponseField[] = [];
    if (fetch.kind === 'root') {
      const { path = [], outputRewrites: renames } = fetch;
      const walk = this.#begin(path, { fragments, renames, found });
      this.#addSelections({ ...walk, typeName: this.#rootType }, operation.selectionSet);
      return found;
    }
    for (const { alias, paths, requires, outputRewrites: renames } of fetch.lookups) {
      const selected = fields.get(alias)?.selectionSet;
      if (selected === undefined) continue;
      for (const path of paths) {
        const walk = this.#begin(path, { fragments, renames, found });
        this.#addSelections({ ...walk, types: this.#represented(walk.types, requires) }, selected);
      }
    }
    return found;
  }

  /** Of these types those of which representations are made. */
  #represented(types: TypeNames, requires: readonly RequiredSelection[]): TypeNames {
    const all = new Set<string>();
    for (const selection of requires) {
      if (selection.kind === 'field' || selection.typeCondition === undefined) return types;
      for (const name of this.typesOf(selection.typeCondition)) all.add(name);
    }
    return types.intersection(all);
  }

  /** At each place on the way of the path, its end included, the types that can stand there. */
  chainTo(path: EntityPath): TypeNames[] {
    let place = '';
    const chain = [this.standing(place)];
    for (const segment of path) {
      if (segment.kind === 'field') {
        place = below(place, segment.name);
        chain.push(this.standing(place));
      } else if (segment.kind === 'types') {
        const named = new Set(segment.names.flatMap((name) => [...this.typesOf(name)]));
        chain.push(common(chain.pop() ?? named, named));
      }
    }
    return chain;
  }

  /** What can stand at a place, as far as the fetches so far have shown it. */
  standing(place: string): TypeNames {
    const [only, ...others] = this.#declared.get(place) ?? none;
    if (only === undefined) return none;
    if (others.length === 0) return this.typesOf(only);
    return new Set([only, ...others].flatMap((name) => [...this.typesOf(name)]));
  }

  /** The object types that a name stands for, and the name itself: so an interface object calls itself. */
  typesOf(name: string): TypeNames {
    let set = this.#typeSets.get(name);
    if (set === undefined)
      this.#typeSets.set(name, (set = new Set([...this.#types.possibleTypes(name), name])));
    return set;
  }

  #begin(path: EntityPath, of: Pick<Walk, 'fragments' | 'renames' | 'found'>): Walk {
    const above = this.chainTo(path);
    const types = above.pop() ?? none;
    return { ...of, place: placeOf(path), typeName: undefined, types, above, keys: [] };
  }

  #addSelections(walk: Walk, { selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        this.#addField(walk, selection);
        continue;
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? walk.fragments.get(selection.name.value) : selection;
      if (fragment === undefined) continue;
      const condition = fragment.typeCondition?.name.value;
      const narrowed =
        condition === undefined
          ? walk
          : { ...walk, typeName: condition, types: common(walk.types, this.typesOf(condition)) };
      if (narrowed.types.size > 0) this.#addSelections(narrowed, fragment.selectionSet);
    }
  }

  #addField(walk: Walk, field: FieldNode): void {
    const keys = [...walk.keys, keyOf(field)];
    for (const { key, types } of this.#renamed(walk, keys)) {
      const path = below(walk.place, key);
      const chain = [...walk.above, types];
      walk.found.push({ path, field, chain });
      const child = field.selectionSet === undefined ? undefined : this.#childType(walk, field);
      if (child === undefined || field.selectionSet === undefined) continue;
      const declared = this.#declared.get(path);
      if (declared === undefined) this.#declared.set(path, new Set([child]));
      else declared.add(child);
      const inner = { ...walk, place: path, typeName: child, types: this.typesOf(child), above: chain, keys };
      this.#addSelections(inner, field.selectionSet);
    }
  }

  /** The response keys that the last of the keys stands for, by type: a rename may concern some types only. */
  #renamed({ renames, types }: Walk, keys: readonly string[]): { key: string; types: TypeNames }[] {
    const result: { key: string; types: TypeNames }[] = [];
    let left = types;
    for (const { path, to } of renames) {
      const renamed = path.flatMap((segment) => (segment.kind === 'key' ? [segment.name] : []));
      if (renamed.length !== keys.length || !renamed.every((name, index) => name === keys[index])) continue;
      const before = path.at(-2);
      const named =
        before?.kind === 'types' ? new Set(before.names.flatMap((name) => [...this.typesOf(name)])) : left;
      const concerned = common(left, named);
      if (concerned.size === 0) continue;
      result.push({ key: to, types: concerned });
      left = left.difference(concerned);
    }
    if (left.size > 0) result.push({ key: keys.at(-1) ?? '', types: left });
    return result;
  }

  #childType({ typeName }: Walk, { name }: FieldNode): string | undefined {
    const type = typeName === undefined ? undefined : this.#types.fullSchema.getType(typeName);
    const field = type !== undefined && 'getFields' in type ? type.getFields()[name.value] : undefined;
    return field === undefined ? undefined : getNamedType(field.type).name;
  }
}

/** A place as text: its response keys from the root, joined by dots. */
export function placeOf(path: EntityPath): string {
  return path.flatMap((segment) => (segment.kind === 'field' ? [segment.name] : [])).join('.');
}

/** Names hold no dots, so that equal texts are equal places. */
export function below(place: string, key: string): string {
  return place === '' ? key : `${place}.${key}`;
}

function common(left: TypeNames, right: TypeNames): TypeNames {
  return left === right ? left : left.intersection(right);
}
