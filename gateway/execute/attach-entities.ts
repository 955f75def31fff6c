// Puts the entities that a fetch brought into their records, and merges what an earlier fetch brought too.
import type { CompiledEntityFetch } from '../compile/compiled-operation.ts';
import type { Merge } from '../compile/find-merges.ts';
import { providersFor } from '../compile/place.ts';
import { typenameAt } from '../compile/representation.ts';
import { descend } from '../compile/walk-path.ts';
import type { SubgraphAnswer, SubgraphError } from '../subgraph-fetch.ts';
import { invalidValue } from './faults.ts';
import { isObject, readField } from './linked-object.ts';
import { mergeInto } from './merge-objects.ts';
import type { Run } from './run.ts';

/** Returns what is wrong with the answer, with paths as the subgraph would give them. */
export function attachEntities(
  run: Run,
  { lookups, merges }: CompiledEntityFetch,
  { data, errors }: SubgraphAnswer,
): SubgraphError[] {
  const found: SubgraphError[] = [];
  if (data === null) return found;
  for (const { id, alias } of lookups) {
    const records = run.records[id] ?? [];
    const entities = Object.hasOwn(data, alias) ? data[alias] : undefined;
    if (!Array.isArray(entities) || entities.length !== records.length) {
      // A null list that the subgraph's own error explains needs no second error.
      if (records.length > 0 && (entities != null || errors.length === 0)) {
        found.push(invalidValue('A part of the answer has not as many entities as were asked for.', [alias]));
      }
      continue;
    }
    for (const record of records) {
      const entity: unknown = entities[record.index];
      if (entity === null || isObject(entity)) record.entity = entity;
      else found.push(invalidValue('A part of the answer is no object.', [alias, record.index]));
    }
  }
  for (const merge of merges) mergeEntities(run, merge);
  return found;
}

/**
 * Rare: an object that two subgraphs bring, each with fields of its own. All that is there by now goes into the one that
 * readers find first, whichever came first.
 */
export function mergeEntities(run: Run, { link, steps }: Merge): void {
  const { isObjectType } = run.compiled;
  descend(run.root, steps, 0, (object) => {
    const typeName = typenameAt(link.place, object);
    if (object[link.slot]?.entity == null || typeName === undefined) return;
    for (const { key, isShared } of link.mergeKeys) {
      const providers = providersFor(link.place.fields.get(key), typeName);
      const present = providers.filter((provider) => readField(object, [provider]) !== undefined);
      // What one entity shows at several paths stays as it is; the object gets a copy of its own.
      const first = isShared ? providers[0] : present[0];
      if (first === undefined || present.length < 2) continue;
      let merged = readField(object, [first]);
      for (const other of present) {
        if (other === first) continue;
        merged = mergeInto(merged, readField(object, [other]), { isObjectType, isShared });
      }
      const holder = first.link === undefined ? object : object[first.link.slot]?.entity;
      if (holder != null) holder[first.rawKey] = merged;
    }
  });
}
