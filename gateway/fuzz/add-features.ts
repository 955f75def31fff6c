// What federation has directives for, added to a draft that is one already: @requires, @provides, @override,
// @inaccessible, and small differences between subgraphs.
import { Kind, type SelectionNode } from 'graphql';
import { parseFieldSet } from '../supergraph/field-set.ts';
import {
  homesOf,
  namedOf,
  objectIn,
  objectSpec,
  objectSpecs,
  serves,
  type FieldSpec,
  type ObjectSpec,
  type SubgraphDraft,
} from './draft.ts';
import { inventField } from './invent-types.ts';
import { argumentLiteral } from './invent-value.ts';
import { CannotPlace, placeType, serveField, type Work } from './place-type.ts';

export function addFeatures(work: Work, features: number): void {
  const { random } = work;
  const times = (most: number) => (random.chance(features) ? random.between(0, most) : 0);
  for (let left = times(3); left > 0; left -= 1) weakenType(work);
  if (random.chance(0.15 * features)) thinValueType(work);
  for (let left = times(5); left > 0; left -= 1) addRequires(work);
  for (let left = times(3); left > 0; left -= 1) addProvides(work);
  for (let left = times(2); left > 0; left -= 1) addOverride(work);
  if (random.chance(0.3 * features)) hideField(work);
}

/** A new field of one home that needs fields of others. */
function addRequires(work: Work): void {
  const { draft, random } = work;
  const spec = random.pick(objectSpecs(draft).filter(({ kind }) => kind === 'entity'));
  const homes = homesOf(draft, spec.name).filter((home) => objectIn(home, spec.name)?.kind === 'object');
  if (homes.length === 0) return;
  const home = random.pick(homes);
  const wanted = random
    .shuffled([...spec.fields.values()])
    .filter(({ name }) => isServedElsewhere(work, home, spec.name, name) && !isKey(home, spec.name, name))
    .slice(0, random.between(1, 2));
  const parts = wanted.flatMap((field) => selectionText(work, home, field, 2) ?? []);
  if (parts.length === 0) return;
  const needed = parts.join(' ');
  declareExternal(work, home, spec.name, parseFieldSet(needed).selections, false);
  const field = inventField({ random, specs: draft.specs }, spec, []);
  const placed = serveField(work, home, spec.name, field.name);
  placed.directives.push(`@requires(fields: ${JSON.stringify(needed)})`);
}

function isServedElsewhere({ draft }: Work, home: SubgraphDraft, typeName: string, field: string): boolean {
  return (
    !serves(home, typeName, field) &&
    draft.subgraphs.some((other) => other !== home && serves(other, typeName, field))
  );
}

function isKey(subgraph: SubgraphDraft, typeName: string, field: string): boolean {
  const keys = objectIn(subgraph, typeName)?.keys.keys() ?? [];
  return [...keys].some((key) => key.split(/[\s{}]+/).includes(field));
}

/** `field(argument: 1) { … }`; undefined when nothing of it can be selected so deep. */
function selectionText(
  work: Work,
  subgraph: SubgraphDraft,
  field: FieldSpec,
  depth: number,
): string | undefined {
  const { draft, random } = work;
  const call = `${field.name}${argumentsText(work, field)}`;
  const named = draft.specs.get(namedOf(field.type));
  if (named === undefined || named.kind === 'enum' || named.kind === 'scalar') return call;
  if (depth === 0 || named.kind === 'input') return undefined;
  if (named.kind === 'union' || named.kind === 'interface') {
    const members = named.kind === 'union' ? named.members : named.implementers;
    const inner = random.some(members, 1, 2).flatMap((member) => {
      const text = innerText(work, subgraph, objectSpec(draft, member), depth);
      return text === undefined ? [] : [`... on ${member} { ${text} }`];
    });
    return inner.length === 0
      ? undefined
      : `${call} { ${random.chance(0.03) ? '__typename ' : ''}${inner.join(' ')} }`;
  }
  const inner = innerText(work, subgraph, named, depth);
  return inner === undefined ? undefined : `${call} { ${inner} }`;
}

function innerText(work: Work, subgraph: SubgraphDraft, spec: ObjectSpec, depth: number): string | undefined {
  const texts = work.random
    .some(
      [...spec.fields.values()].filter(({ name }) =>
        work.draft.subgraphs.some((other) => serves(other, spec.name, name)),
      ),
      1,
      2,
    )
    .flatMap((field) => selectionText(work, subgraph, field, depth - 1) ?? []);
  return texts.length === 0 ? undefined : texts.join(' ');
}

function argumentsText({ draft, random }: Work, { args }: FieldSpec): string {
  const given = args.flatMap(({ name, type, defaultValue }) => {
    const isNeeded = type.endsWith('!') && defaultValue === undefined;
    const literal = isNeeded || random.chance(0.7) ? argumentLiteral(draft.specs, random, type) : undefined;
    if (literal === undefined && isNeeded) return [`${name}: null`];
    return literal === undefined ? [] : [`${name}: ${literal}`];
  });
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

/** Defines what the subgraph does not serve itself as @external, all the way down. */
function declareExternal(
  work: Work,
  subgraph: SubgraphDraft,
  typeName: string,
  selections: readonly SelectionNode[],
  isProvided: boolean,
  depth = 0,
): void {
  placeType(work, subgraph, typeName);
  const object = objectIn(subgraph, typeName);
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value ?? typeName;
      declareExternal(work, subgraph, condition, selection.selectionSet.selections, isProvided, depth);
      continue;
    }
    if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') continue;
    const spec = objectSpec(work.draft, typeName).fields.get(selection.name.value);
    if (object === undefined || spec === undefined)
      throw new Error(`no field ${typeName}.${selection.name.value}`);
    const placed = object.fields.get(spec.name);
    if (depth === 0 && placed !== undefined && !placed.isExternal) {
      throw new CannotPlace(`${subgraph.name} has come to serve ${typeName}.${spec.name} itself`);
    }
    if (placed?.isExternal && isProvided) placed.isProvided = true;
    if (placed === undefined) {
      const type = weakestType(work, typeName, spec);
      object.fields.set(spec.name, { spec, type, isExternal: true, isProvided, directives: [] });
      placeType(work, subgraph, namedOf(spec.type));
      for (const { type } of spec.args) placeType(work, subgraph, namedOf(type));
    }
    if (selection.selectionSet !== undefined) {
      declareExternal(
        work,
        subgraph,
        namedOf(spec.type),
        selection.selectionSet.selections,
        isProvided,
        depth + 1,
      );
    }
  }
}

/** Composition wants an external field written as the supergraph has it. */
function weakestType({ draft }: Work, typeName: string, { name, type }: FieldSpec): string {
  const written = draft.subgraphs.map((other) => objectIn(other, typeName)?.fields.get(name)?.type ?? type);
  return written.reduce((weakest, other) => (other.length < weakest.length ? other : weakest));
}

/** A field that brings fields of its entity along, which the subgraph serves nowhere else. */
function addProvides(work: Work): void {
  const { draft, random } = work;
  const subgraph = random.pick(draft.subgraphs);
  const providers = [...subgraph.types.values()].flatMap((type) =>
    type.kind !== 'object'
      ? []
      : [...type.fields.values()].filter(
          ({ spec, isExternal, directives }) =>
            !isExternal && directives.length === 0 && draft.specs.get(namedOf(spec.type))?.kind === 'entity',
        ),
  );
  if (providers.length === 0) return;
  const provider = random.pick(providers);
  const spec = objectSpec(draft, namedOf(provider.spec.type));
  const wanted = random
    .shuffled([...spec.fields.values()])
    .filter(
      ({ name }) => isServedElsewhere(work, subgraph, spec.name, name) && !isKey(subgraph, spec.name, name),
    )
    .filter(({ args }) => args.length === 0)
    .slice(0, random.between(1, 2));
  const parts = wanted
    .flatMap((field) => selectionText(work, subgraph, field, 1) ?? [])
    .filter((text) => !text.includes('('));
  if (parts.length === 0) return;
  const provided = parts.join(' ');
  declareExternal(work, subgraph, spec.name, parseFieldSet(provided).selections, true);
  provider.directives.push(`@provides(fields: ${JSON.stringify(provided)})`);
}

/** Another home takes a field over, or one takes it from nobody. */
function addOverride(work: Work): void {
  const { draft, random } = work;
  const spec = random.pick(objectSpecs(draft).filter(({ kind }) => kind === 'entity'));
  const homes = homesOf(draft, spec.name).filter((home) => objectIn(home, spec.name)?.kind === 'object');
  const fields = [...spec.fields.keys()].filter((field) => {
    const servers = homes.filter((home) => serves(home, spec.name, field));
    return servers.length === 1 && servers.every((server) => !isKey(server, spec.name, field));
  });
  if (fields.length === 0) return;
  const field = random.pick(fields);
  const source = homes.find((home) => serves(home, spec.name, field));
  const sourceField = source && objectIn(source, spec.name)?.fields.get(field);
  if (source === undefined || sourceField === undefined || sourceField.directives.length > 0) return;
  if (random.chance(0.3)) {
    if (!source.isFederation1) sourceField.directives.push('@override(from: "nobody")');
    return;
  }
  const takers = homes.filter((home) => home !== source && !home.isFederation1);
  const taker = takers.length === 0 ? undefined : random.pick(takers);
  if (taker === undefined || objectIn(taker, spec.name)?.fields.has(field)) return;
  serveField(work, taker, spec.name, field).directives.push(`@override(from: "${source.name}")`);
}

/** One of several subgraphs says that the field may be null: then it may be. */
function weakenType(work: Work): void {
  const { draft, random } = work;
  const subgraph = random.pick(draft.subgraphs);
  const fields = [...subgraph.types.values()].flatMap((type) =>
    type.kind === 'object'
      ? [...type.fields.values()].filter(
          ({ spec, isExternal }) =>
            spec.type.endsWith('!') &&
            !isExternal &&
            !isKey(subgraph, type.name, spec.name) &&
            !type.name.endsWith('Origin') &&
            !isInterfaceField(work, spec) &&
            isServedElsewhereToo(work, subgraph, type.name, spec.name),
        )
      : [],
  );
  if (fields.length === 0) return;
  const field = random.pick(fields);
  field.type = field.spec.type.slice(0, -1);
}

function isInterfaceField({ draft }: Work, field: FieldSpec): boolean {
  return [...draft.specs.values()].some(
    (spec) => spec.kind === 'interface' && spec.fields.get(field.name) === field,
  );
}

function isServedElsewhereToo(
  { draft }: Work,
  here: SubgraphDraft,
  typeName: string,
  field: string,
): boolean {
  return draft.subgraphs.some((other) => other !== here && serves(other, typeName, field));
}

/** A field that only subgraphs may use among themselves. */
function hideField(work: Work): void {
  const { draft, random } = work;
  const modern = draft.subgraphs.filter(({ isFederation1 }) => !isFederation1);
  if (modern.length === 0) return;
  const subgraph = random.pick(modern);
  const fields = [...subgraph.types.values()].flatMap((type) =>
    type.kind === 'object' &&
    !/^(Query|Mutation)$/.test(type.name) &&
    !type.directives.has('@interfaceObject')
      ? [...type.fields.values()].filter(
          ({ spec, isExternal }) =>
            type.fields.size > 2 && spec.name !== 'id' && !isExternal && !isInterfaceField(work, spec),
        )
      : [],
  );
  if (fields.length > 0) random.pick(fields).directives.push('@inaccessible');
}

/** A value type that has a field in one subgraph only: reachable there where both serve the parent. */
function thinValueType({ draft, random }: Work): void {
  const subgraph = random.pick(draft.subgraphs);
  const values = objectSpecs(draft).filter(
    ({ kind, name }) => kind === 'value' && !/Origin$|^Query$|^Mutation$/.test(name),
  );
  if (values.length === 0) return;
  const object = objectIn(subgraph, random.pick(values).name);
  if (object === undefined || object.fields.size < 2 || object.interfaces.size > 0) return;
  object.fields.delete(random.pick([...object.fields.keys()]));
}
