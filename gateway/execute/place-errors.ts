// Where in the response a subgraph's errors belong: an error at `_entities, 3, price` is one at every place of the
// response that shows the fourth entity. Only run when there are errors.
import type { GraphQLFormattedError } from 'graphql';
import type {
  CompiledEntityFetch,
  CompiledLink,
  CompiledLookup,
  CompiledRootFetch,
} from '../compile/compiled-operation.ts';
import { typenameAt } from '../compile/representation.ts';
import type { Step } from '../compile/walk-path.ts';
import type { SubgraphError } from '../subgraph-fetch.ts';
import { isObject, readField, type EntityRecord, type LinkedObject } from './linked-object.ts';
import type { FetchErrors, Run } from './run.ts';

/** A subgraph that is down can fail thousands of fields at once; so many errors say enough. */
const mostPlacesAnError = 100;
const mostErrors = 1_000;

type ResponsePath = readonly (string | number)[];

export function placedErrors(run: Run, all: readonly FetchErrors[]): GraphQLFormattedError[] {
  const placed: GraphQLFormattedError[] = [];
  for (const { fetch, errors, records } of all) {
    for (const error of errors) {
      const paths = fetch.kind === 'root' ? rootPaths(fetch, error) : entityPaths(run, fetch, error, records);
      for (const path of paths) {
        if (placed.length >= mostErrors) return placed;
        placed.push(
          withPath(
            error,
            path?.map((key) => (typeof key === 'string' ? run.compiled.clientKey(key) : key)),
          ),
        );
      }
    }
  }
  return placed;
}

function withPath(
  { message, extensions }: SubgraphError,
  path: ResponsePath | undefined,
): GraphQLFormattedError {
  return {
    message,
    ...(path === undefined ? {} : { path }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

function rootPaths({ keys }: CompiledRootFetch, { path }: SubgraphError): readonly ResponsePath[] {
  return path === undefined || path.length === 0 ? keys.map((key) => [key]) : [path];
}

function entityPaths(
  run: Run,
  { lookups }: CompiledEntityFetch,
  { path = [] }: SubgraphError,
  records: readonly (readonly EntityRecord[])[],
): readonly (ResponsePath | undefined)[] {
  const [alias, index, ...rest] = path;
  const concerned = lookups.filter((lookup) => alias === undefined || lookup.alias === alias);
  const found: ResponsePath[] = [];
  for (const lookup of concerned) {
    const wanted = typeof index === 'number' ? records[lookups.indexOf(lookup)]?.[index] : undefined;
    if (typeof index === 'number' && wanted === undefined) continue;
    for (const place of placesOf(run, lookup, wanted)) found.push([...place, ...rest]);
  }
  return found.length === 0 ? [undefined] : found.slice(0, mostPlacesAnError);
}

/** Where the entity stands, or each entity of the lookup. */
function placesOf(run: Run, lookup: CompiledLookup, wanted: EntityRecord | undefined): ResponsePath[] {
  const places: ResponsePath[] = [];
  for (const { link, walkFromRoot } of lookup.links) walk(run.root, walkFromRoot.steps, link, wanted, places);
  return places;
}

function walk(
  root: LinkedObject,
  steps: readonly Step[],
  link: CompiledLink['link'],
  wanted: EntityRecord | undefined,
  places: ResponsePath[],
): void {
  const path: (string | number)[] = [];
  const enter = (value: unknown, index: number): void => {
    if (places.length >= mostPlacesAnError) return;
    if (Array.isArray(value)) {
      for (const [position, item] of value.entries()) {
        path.push(position);
        enter(item, index);
        path.pop();
      }
      return;
    }
    if (!isObject(value)) return;
    const step = steps[index];
    if (step === undefined) {
      const record = value[link.slot];
      if (record !== undefined && (wanted === undefined || record === wanted)) places.push([...path]);
    } else if (step.kind === 'field') {
      path.push(step.key);
      enter(readField(value, step.providers), index + 1);
      path.pop();
    } else {
      const typeName = typenameAt(step.place, value);
      if (typeName !== undefined && step.names.has(typeName)) enter(value, index + 1);
    }
  };
  enter(root, 0);
}
