// Spreads a random supergraph's types over subgraphs: who is an entity's home by which keys, who serves which field, who
// answers which root field. add-features.ts then adds what federation has directives for.
import {
  homesOf,
  objectIn,
  objectSpec,
  objectSpecs,
  serves,
  type Draft,
  type ObjectSpec,
  type SubgraphDraft,
} from './draft.ts';
import { addFeatures } from './add-features.ts';
import { inventField, inventTypes } from './invent-types.ts';
import { addKey, addObject, placeType, serveField, type Work } from './place-type.ts';
import { printSubgraph } from './print-subgraph.ts';
import type { Sdls } from './facts.ts';
import type { Random } from './random.ts';

const subgraphNames = ['accounts', 'stock-2', 'reviews', 'search', 'billing', 'media'];

/** Throws CannotPlace when chances do not fit together. The SDLs may still not compose. `features`: 0 to 1, how many. */
export function inventSubgraphs(random: Random, features: number): Sdls {
  const draft: Draft = {
    specs: inventTypes(random),
    subgraphs: subgraphNames.slice(0, random.between(2, 6)).map((name): SubgraphDraft => {
      return { name, isFederation1: random.chance(0.12 * features), types: new Map() };
    }),
  };
  const work: Work = { draft, random, usedKeys: new Map() };
  for (const spec of objectSpecs(draft)) if (spec.kind === 'entity') settleEntity(work, spec);
  placeEntityInterfaces(work);
  for (const spec of objectSpecs(draft)) if (spec.kind === 'entity') inventEntityFields(work, spec);
  inventRoots(work, 'Query');
  if (random.chance(0.5)) inventRoots(work, 'Mutation');
  addFeatures(work, features);
  settleOwners(draft);
  return Object.fromEntries(
    draft.subgraphs.flatMap((subgraph) =>
      subgraph.types.size === 0 ? [] : [[subgraph.name, printSubgraph(draft, subgraph)]],
    ),
  );
}

/** The entity's homes, each with one to three keys, so that most of them share one. */
function settleEntity(work: Work, spec: ObjectSpec): void {
  const { draft, random } = work;
  const homes = random.some(draft.subgraphs, 1, 4);
  for (const [index, home] of random.shuffled(homes).entries()) {
    const used = [...(work.usedKeys.get(spec.name) ?? [])];
    const object = objectIn(home, spec.name) ?? addObject(home, spec.name);
    const keys = index === 0 ? random.some(spec.keys, 1, 2) : random.some(used, 1, 2);
    if (random.chance(0.2)) keys.push(random.pick(spec.keys));
    for (const key of keys) addKey(work, home, spec.name, key, true);
    // Written as Federation 1 wrote what another service owns.
    if (home.isFederation1 && index > 0) {
      for (const [name, field] of object.fields) {
        if (keys.some((key) => key.split(/\s+/).includes(name) && !key.includes('{')))
          field.isExternal = true;
      }
    }
  }
}

/** A key that all subgraphs think another one's is theirs. */
function settleOwners({ subgraphs }: Draft): void {
  for (const subgraph of subgraphs) {
    if (!subgraph.isFederation1) continue;
    for (const type of subgraph.types.values()) {
      if (type.kind !== 'object' || type.keys.size === 0) continue;
      for (const [name, field] of type.fields) {
        if (!field.isExternal || field.isProvided !== undefined) continue;
        if (!subgraphs.some((other) => other !== subgraph && serves(other, type.name, name)))
          field.isExternal = false;
      }
    }
  }
}

function placeEntityInterfaces(work: Work): void {
  const { draft, random } = work;
  for (const spec of draft.specs.values()) {
    if (spec.kind !== 'interface' || !spec.isEntity) continue;
    const modern = draft.subgraphs.filter(({ isFederation1 }) => !isFederation1);
    if (modern.length === 0) continue;
    const owner = random.pick(modern);
    // With an implementer there, it becomes an interface and no interface object.
    for (const implementer of spec.implementers) placeType(work, owner, implementer);
    placeType(work, owner, spec.name);
    for (const other of random.shuffled(modern)) {
      if (other === owner || !random.chance(0.5)) continue;
      if (spec.implementers.some((name) => other.types.has(name))) continue;
      placeType(work, other, spec.name);
      addInterfaceObjectFields(work, other, spec.name);
    }
  }
}

function addInterfaceObjectFields(work: Work, subgraph: SubgraphDraft, name: string): void {
  const object = objectIn(subgraph, name);
  if (object === undefined || !object.directives.has('@interfaceObject')) return;
  const fields: ObjectSpec = { kind: 'value', name, keys: [], fields: new Map() };
  const count = work.random.between(1, 2);
  for (let index = 0; index < count; index += 1) {
    const invented = inventField({ random: work.random, specs: work.draft.specs }, fields);
    const spec = { ...invented, name: `${subgraph.name.slice(0, 5)}_${invented.name}` };
    object.fields.set(spec.name, { spec, isExternal: false, directives: [] });
    for (const { type } of [spec, ...spec.args]) placeType(work, subgraph, type.replaceAll(/[[\]!]/g, ''));
  }
}

function inventEntityFields(work: Work, spec: ObjectSpec): void {
  const { draft, random } = work;
  const count = random.between(2, 6);
  const fields = Array.from({ length: count }, () => inventField({ random, specs: draft.specs }, spec).name);
  for (const field of fields) {
    const homes = homesOf(draft, spec.name).filter(
      (home) => objectIn(home, spec.name)?.kind === 'object' && !hasInterfaceObject(home),
    );
    const servers = random.some(
      homes.length === 0 ? homesOf(draft, spec.name) : homes,
      1,
      random.chance(0.3) ? 3 : 1,
    );
    for (const server of servers) serveField(work, server, spec.name, field);
  }
}

function hasInterfaceObject({ types }: SubgraphDraft): boolean {
  return [...types.values()].some(
    (type) => type.kind === 'object' && type.directives.has('@interfaceObject'),
  );
}

function inventRoots(work: Work, root: 'Query' | 'Mutation'): void {
  const { draft, random } = work;
  const owner = objectSpec(draft, root);
  const asking = random.some(draft.subgraphs, 1);
  for (const subgraph of asking) {
    const count = root === 'Query' ? random.between(1, 3) : random.between(1, 2);
    for (let index = 0; index < count; index += 1) {
      const { name } = inventField({ random, specs: draft.specs }, owner);
      serveField(work, subgraph, root, name);
      const others = random.chance(0.2) ? random.some(draft.subgraphs, 0, 2) : [];
      for (const other of others) serveField(work, other, root, name);
    }
  }
}
