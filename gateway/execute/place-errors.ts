// The errors that the fetches of a run have brought, each at its places in the response. Only run when there are any.
import type { GraphQLFormattedError } from 'graphql';
import type { CompiledEntityFetch, CompiledLookup } from '../compile/compiled-operation.ts';
import type { Link } from '../compile/place.ts';
import { typenameAt } from '../compile/representation.ts';
import type { Step } from '../compile/walk-path.ts';
import { ErrorLog, mostPlacesOfAnError } from '../errors/error-log.ts';
import { entityErrorPlaces, rootErrorPlaces, type AskedEntities } from '../errors/error-places.ts';
import type { ResponsePath } from '../reference/positions.ts';
import { isObject, readField, type EntityRecord } from './linked-object.ts';
import type { FetchErrors, Run } from './run.ts';

/** Where each entity of a lookup stands. */
type Places = ReadonlyMap<EntityRecord, readonly ResponsePath[]>;

/** As far as a client is shown them, which in a long list that is lost is much less than all. */
export function shownErrors(run: Run): readonly GraphQLFormattedError[] {
  return run.errors === undefined ? [] : placed(run, run.errors, mostPlacesOfAnError).errors;
}

/** With all that they explain. */
export function allErrors(run: Run): ErrorLog {
  return placed(run, run.errors ?? [], Number.POSITIVE_INFINITY);
}

function placed(run: Run, all: readonly FetchErrors[], most: number): ErrorLog {
  const log = new ErrorLog(undefined, run.compiled.clientKey);
  for (const { fetch, errors, records } of all) {
    const asked = fetch.kind === 'root' ? [] : askedOf(run, fetch, records);
    for (const error of errors) {
      if (log.isFull && Number.isFinite(most)) return log;
      const places =
        fetch.kind === 'root'
          ? rootErrorPlaces(error, fetch.keys, fetch.renames)
          : entityErrorPlaces(error, asked, most);
      log.report(error, places);
    }
  }
  return log;
}

function askedOf(
  run: Run,
  { lookups }: CompiledEntityFetch,
  all: readonly (readonly EntityRecord[])[],
): AskedEntities[] {
  return lookups.map((lookup, index) => {
    let places: Places | undefined;
    return {
      alias: lookup.alias,
      renames: lookup.renames,
      placesOf(position) {
        places ??= placesIn(run, lookup, Number.POSITIVE_INFINITY);
        const record = all[index]?.[position];
        return record === undefined ? [] : (places.get(record) ?? []);
      },
      allPlaces: (most) => [...placesIn(run, lookup, most).values()].flat(),
    };
  });
}

function placesIn(run: Run, { links }: CompiledLookup, most: number): Places {
  const places = new Map<EntityRecord, ResponsePath[]>();
  let left = most;
  for (const { link, walkFromRoot } of links) {
    walk(run, walkFromRoot.steps, link, (record, path) => {
      const known = places.get(record);
      if (known === undefined) places.set(record, [path]);
      else known.push(path);
      return --left > 0;
    });
    if (left <= 0) break;
  }
  return places;
}

/** As long as `found` says so. */
function walk(
  { root }: Run,
  steps: readonly Step[],
  { slot }: Link,
  found: (record: EntityRecord, path: ResponsePath) => boolean,
): void {
  const path: (string | number)[] = [];
  let isGoingOn = true;
  const enter = (value: unknown, index: number): void => {
    if (!isGoingOn) return;
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
      const record = value[slot];
      if (record !== undefined) isGoingOn = found(record, [...path]);
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
