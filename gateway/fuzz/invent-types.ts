// The types of a random supergraph, before any subgraph has any of them.
import type {
  ArgumentSpec,
  EnumSpec,
  FieldSpec,
  InputSpec,
  InterfaceSpec,
  ObjectSpec,
  TypeSpec,
  UnionSpec,
} from './draft.ts';
import { idField } from './place-type.ts';
import type { Random } from './random.ts';

const entityNames = ['Product', 'User', 'Review', 'Store', 'Order'];
const valueNames = ['Money', 'Size', 'Address', 'Note'];

/** Few, so that one name means different things in different types; the last ones are those of Object.prototype. */
const fieldWords = [
  'name',
  'price',
  'size',
  'owner',
  'rating',
  'tags',
  'parent',
  'note',
  'state',
  'items',
  'top',
];
const hostileWords = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length', 'then'];

export interface Names {
  readonly random: Random;
  readonly specs: Map<string, TypeSpec>;
}

export function inventTypes(random: Random): Map<string, TypeSpec> {
  const specs = new Map<string, TypeSpec>();
  const names: Names = { random, specs };
  const add = (spec: TypeSpec) => specs.set(spec.name, spec);
  for (const use of random.some(['output', 'input', 'both'] as const, 0)) add(inventEnum(random, use));
  if (random.chance(0.4)) add({ kind: 'scalar', name: 'Json' });
  if (random.chance(0.5)) inventInputs(names).forEach(add);
  const entities = entityNames.slice(0, random.between(1, 4)).map((name) => inventEntity(random, name));
  const values = valueNames.slice(0, random.between(0, 3)).map((name): ObjectSpec => {
    return { kind: 'value', name, keys: [], fields: new Map() };
  });
  [...entities, ...values].forEach(add);
  for (const entity of entities) if (entity.fields.has('origin')) add(originOf(entity));
  inventAbstract(names, entities, values);
  // Later ones know only of themselves: no value type contains itself.
  values.forEach((value, index) => {
    const count = random.between(1, 3);
    for (let field = 0; field < count; field += 1) inventField(names, value, values.slice(0, index + 1));
  });
  for (const name of ['Query', 'Mutation']) add({ kind: 'value', name, keys: [], fields: new Map() });
  return specs;
}

function inventEnum(random: Random, use: EnumSpec['use']): EnumSpec {
  const name = `${use[0]?.toUpperCase()}${use.slice(1)}Kind`;
  return { kind: 'enum', name, use, values: ['A', 'B', 'C', 'D'].slice(0, random.between(2, 4)) };
}

function inventInputs({ random, specs }: Names): InputSpec[] {
  const enums = [...specs.values()].filter((spec) => spec.kind === 'enum' && spec.use !== 'output');
  const inner: InputSpec = {
    kind: 'input',
    name: 'Range',
    fields: [
      { name: 'from', type: 'Int!' },
      { name: 'to', type: 'Int', defaultValue: '9' },
    ],
    oddField: undefined,
  };
  const fields: ArgumentSpec[] = [
    { name: 'text', type: 'String' },
    { name: 'limit', type: random.pick(['Int', 'Int!']), defaultValue: '3' },
    { name: 'ids', type: '[ID!]' },
    { name: 'range', type: 'Range' },
    ...enums.map(({ name }) => ({ name: 'kind', type: name })).slice(0, 1),
  ];
  const outer: InputSpec = {
    kind: 'input',
    name: 'Filter',
    fields: random.some(fields, 1),
    oddField: random.chance(0.4) ? { name: 'hidden', type: 'Int' } : undefined,
  };
  return [inner, outer];
}

function inventEntity(random: Random, name: string): ObjectSpec {
  const fields = new Map<string, FieldSpec>([['id', idField]]);
  const keys = ['id'];
  const add = (key: string, ...keyFields: FieldSpec[]) => {
    keys.push(key);
    for (const field of keyFields) fields.set(field.name, field);
  };
  if (random.chance(0.4)) add('sku', { name: 'sku', type: 'String!', args: [] });
  if (random.chance(0.25)) {
    add(
      'code region',
      { name: 'code', type: 'String!', args: [] },
      { name: 'region', type: 'Int!', args: [] },
    );
  }
  if (random.chance(0.2)) add('origin { code }', { name: 'origin', type: `${name}Origin!`, args: [] });
  if (random.chance(0.1)) add('id sku', { name: 'sku', type: 'String!', args: [] });
  return { kind: 'entity', name, keys, fields };
}

function originOf({ name }: ObjectSpec): ObjectSpec {
  return {
    kind: 'value',
    name: `${name}Origin`,
    keys: [],
    fields: new Map([
      ['code', { name: 'code', type: 'String!', args: [] }],
      ['zone', { name: 'zone', type: 'Int', args: [] }],
    ]),
  };
}

function inventAbstract(names: Names, entities: ObjectSpec[], values: ObjectSpec[]): void {
  const { random, specs } = names;
  const objects = [...entities, ...values];
  if (random.chance(0.4)) {
    const members = random.some(objects, 1, 4).map(({ name }) => name);
    specs.set('Anything', { kind: 'union', name: 'Anything', members } satisfies UnionSpec);
  }
  if (random.chance(0.4)) inventInterface(names, 'Named', random.some(objects, 1, 3), false);
  if (random.chance(0.35)) inventInterface(names, 'Media', random.some(entities, 1, 3), true);
}

function inventInterface(names: Names, name: string, implementers: ObjectSpec[], isEntity: boolean): void {
  const { random, specs } = names;
  const spec: InterfaceSpec = {
    kind: 'interface',
    name,
    fields: new Map(),
    implementers: implementers.map((implementer) => implementer.name),
    isEntity,
  };
  if (isEntity) spec.fields.set('id', idField);
  const count = random.between(isEntity ? 0 : 1, 2);
  for (let index = 0; index < count; index += 1) {
    const field: FieldSpec = {
      name: `${name.toLowerCase()}${index + 1}`,
      type: inventType(names, []),
      args: inventArguments(names, 0.2),
    };
    spec.fields.set(field.name, field);
    for (const implementer of implementers) implementer.fields.set(field.name, field);
  }
  specs.set(name, spec);
}

/** A field with a name that its type does not have yet. `values`: value types that it must not contain. */
export function inventField(names: Names, owner: ObjectSpec, without: readonly ObjectSpec[] = []): FieldSpec {
  const { random } = names;
  const word = random.pick(random.chance(0.04) ? hostileWords : fieldWords);
  let name = word;
  for (let number = 2; owner.fields.has(name); number += 1) name = `${word}${number}`;
  const type = inventType(
    names,
    without.map((spec) => spec.name),
  );
  const field: FieldSpec = { name, type, args: inventArguments(names, 0.25) };
  owner.fields.set(name, field);
  return field;
}

function inventType(names: Names, without: readonly string[], leafWeight = 12): string {
  const { random, specs } = names;
  const composite = [...specs.values()].filter(
    ({ kind, name }) =>
      ['entity', 'value', 'interface', 'union'].includes(kind) &&
      !without.includes(name) &&
      !/^(Query|Mutation)$|Origin$/.test(name),
  );
  // A value type that may contain others must not reach itself through an abstract type either.
  const safe =
    without.length === 0 ? composite : composite.filter(({ kind }) => kind === 'entity' || kind === 'value');
  const leaf = [
    'String',
    'String',
    'Int',
    'Float',
    'Boolean',
    'ID',
    ...[...specs.values()].flatMap((spec) =>
      spec.kind === 'scalar' || (spec.kind === 'enum' && spec.use !== 'input') ? [spec.name] : [],
    ),
  ];
  const named = random.weighted([
    [leafWeight, () => random.pick(leaf)],
    [safe.length === 0 ? 0 : 12, () => random.pick(safe).name],
  ])();
  return wrap(random, named);
}

function wrap(random: Random, named: string): string {
  return random.weighted([
    [40, named],
    [18, `${named}!`],
    [12, `[${named}]`],
    [8, `[${named}!]`],
    [8, `[${named}!]!`],
    [5, `[${named}]!`],
    [4, `[[${named}!]]`],
    [2, `[[${named}]!]!`],
  ]);
}

function inventArguments({ random, specs }: Names, probability: number): ArgumentSpec[] {
  if (!random.chance(probability)) return [];
  const inputs = [...specs.values()].filter(
    (spec) =>
      spec.kind === 'input' || (spec.kind === 'enum' && spec.use !== 'output') || spec.kind === 'scalar',
  );
  const possible: ArgumentSpec[] = [
    { name: 'first', type: 'Int', ...(random.chance(0.5) ? { defaultValue: '10' } : {}) },
    { name: 'after', type: random.pick(['String', 'String!']) },
    { name: 'ids', type: random.pick(['[ID!]', '[Int]', '[[Int!]]']) },
    { name: 'flag', type: 'Boolean', ...(random.chance(0.5) ? { defaultValue: 'false' } : {}) },
    { name: 'share', type: 'Float!', defaultValue: '0.5' },
    ...inputs.map(({ name }) => ({ name: name.toLowerCase(), type: name })),
  ];
  return random.some(possible, 1, 2);
}
