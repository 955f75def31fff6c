// How the objects at a link's path are visited. Where the path runs through an entity that an earlier lookup brought,
// the walk begins at that lookup's records, each once, however many places of the response show it.
import type { EntityPath } from '../planner/plan.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { isObject, readField, type LinkedObject } from '../execute/linked-object.ts';
import { CannotCompile } from './cannot-compile.ts';
import type { Link, Place, PlaceField, Provider } from './place.ts';
import { typenameAt } from './representation.ts';

export interface PathWalk {
  /** Whose records the walk begins at; undefined: at the root of the response. */
  readonly from: Link | undefined;
  readonly steps: readonly Step[];
}

export type Step =
  | {
      readonly kind: 'field';
      readonly key: string;
      readonly providers: readonly Provider[];
      readonly place: Place;
      readonly field: PlaceField;
    }
  | { readonly kind: 'types'; readonly names: ReadonlySet<string>; readonly place: Place };

export function walkOf(supergraph: Supergraph, root: Place, path: EntityPath, isFromRoot = false): PathWalk {
  let from: Link | undefined;
  let steps: Step[] = [];
  let place = root;
  for (const [index, segment] of path.entries()) {
    if (segment.kind === 'items') continue;
    if (segment.kind === 'types') {
      const names = new Set(segment.names.flatMap((name) => [name, ...supergraph.possibleTypes(name)]));
      steps.push({ kind: 'types', names, place });
      continue;
    }
    const field = place.fields.get(segment.name);
    if (field?.child === undefined) throw new CannotCompile(`no fetch before brings ${segment.name}`);
    const [provider] = field.providers;
    const link = field.providers.length === 1 ? provider?.link : undefined;
    if (!isFromRoot && link !== undefined && isSamePath(link.path, path.slice(0, index))) {
      from = link;
      const own = field.providers.map((known) => ({ ...known, link: undefined }));
      steps = [{ kind: 'field', key: segment.name, providers: own, place, field }];
    } else {
      steps.push({ kind: 'field', key: segment.name, providers: field.providers, place, field });
    }
    place = field.child;
  }
  return { from, steps };
}

function isSamePath(left: EntityPath, right: EntityPath): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Calls `visit` for every object at the end of the steps; the same object may come more than once. */
export function descend(
  value: unknown,
  steps: readonly Step[],
  index: number,
  visit: (object: LinkedObject) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) descend(item, steps, index, visit);
    return;
  }
  if (!isObject(value)) return;
  const step = steps[index];
  if (step === undefined) {
    visit(value);
  } else if (step.kind === 'field') {
    descend(readField(value, step.providers), steps, index + 1, visit);
  } else {
    const typeName = typenameAt(step.place, value);
    if (typeName !== undefined && step.names.has(typeName)) descend(value, steps, index + 1, visit);
  }
}
