// A supergraph as large as those of large companies, made by rule: 60 subgraphs with 50 types each, entities that
// other subgraphs extend and refer to, @requires, interfaces, unions, and operations that cross all of that.

export interface SyntheticSize {
  readonly subgraphs: number;
  /** Entities of each subgraph; each brings three types of its own details. */
  readonly entities: number;
}

/** 60 subgraphs of 50 types: 10 entities, 30 details, 5 enums, an interface, a union, a page, its totals and an input. */
export const largeSize: SyntheticSize = { subgraphs: 60, entities: 10 };

const detailsPerEntity = 3;
const enumsPerSubgraph = 5;
/** From a subgraph to the one whose entities it refers to from afar; no divisor of 60, so that ways wind through all. */
const farStep = 7;

export interface SyntheticSubgraph {
  readonly name: string;
  readonly sdl: string;
}

export function syntheticSubgraphs(size: SyntheticSize): readonly SyntheticSubgraph[] {
  return numbers(size.subgraphs).map((own) => ({ name: `s${own}`, sdl: subgraphSdl(own, size) }));
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

const link = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@external", "@requires", "@shareable"]
)`;

function subgraphSdl(own: number, size: SyntheticSize): string {
  return [
    link,
    'type Money @shareable { amount: Int currency: String }',
    rootType(own),
    `interface S${own}Named { id: ID! name: String }`,
    `union S${own}Hit = ${numbers(size.entities)
      .map((index) => `S${own}Entity${index}`)
      .join(' | ')}`,
    `type S${own}Page { items: [S${own}Entity0!]! totals: S${own}Totals }`,
    `type S${own}Totals { count: Int pages: Int }`,
    `input S${own}Filter { text: String most: Int = 10 }`,
    ...numbers(enumsPerSubgraph).map((index) => `enum S${own}Status${index} { OPEN HELD CLOSED }`),
    ...numbers(size.entities * detailsPerEntity).map((index) => detailType(own, index)),
    ...numbers(size.entities).map((index) => entityType(own, index, size)),
    ...numbers(size.entities).flatMap((index) => foreignTypes(own, index, size)),
  ].join('\n');
}

function rootType(own: number): string {
  return `type Query {
  s${own}First(id: ID!): S${own}Entity0
  s${own}Page(filter: S${own}Filter): S${own}Page
  s${own}Named(id: ID!): S${own}Named
  s${own}Search(text: String!): [S${own}Hit!]!
}`;
}

/** Three in a row hang together; the first of each row is an entity's. */
function detailType(own: number, index: number): string {
  const isLast = index % detailsPerEntity === detailsPerEntity - 1;
  const inner = isLast ? '' : ` inner: S${own}Detail${index + 1}`;
  return `type S${own}Detail${index} { note: String amount: Int${inner} }`;
}

const nextOf = (own: number, { subgraphs }: SyntheticSize) => (own + 1) % subgraphs;
const farOf = (own: number, { subgraphs }: SyntheticSize) => (own + farStep) % subgraphs;
const previousOf = (own: number, { subgraphs }: SyntheticSize) => (own + subgraphs - 1) % subgraphs;

function entityType(own: number, index: number, size: SyntheticSize): string {
  return `type S${own}Entity${index} implements S${own}Named @key(fields: "id") {
  id: ID!
  name: String
  price: Money
  status: S${own}Status${index % enumsPerSubgraph}
  detail: S${own}Detail${index * detailsPerEntity}
  next: S${nextOf(own, size)}Entity${index}
  far: S${farOf(own, size)}Entity${(index * farStep) % size.entities}
}`;
}

/** The previous subgraph's entities are extended, one field of them computed from what it knows; others referred to. */
function foreignTypes(own: number, index: number, size: SyntheticSize): string[] {
  const extended = `type S${previousOf(own, size)}Entity${index} @key(fields: "id") {
  id: ID!
  name: String @external
  rank: Int
  score: Int @requires(fields: "name")
}`;
  const referred = [nextOf(own, size), farOf(own, size)].map(
    (other) => `type S${other}Entity${index} @key(fields: "id", resolvable: false) { id: ID! }`,
  );
  return [extended, ...referred];
}

export interface SyntheticOperation {
  readonly name: string;
  readonly text: string;
}

/** For each subgraph one that goes deep, one over all types of its interface, and one over several roots at once. */
export function syntheticOperations(size: SyntheticSize): readonly SyntheticOperation[] {
  return numbers(size.subgraphs).flatMap((own) => [
    { name: `deep from s${own}`, text: deepOperation(own) },
    { name: `interface of s${own}`, text: interfaceOperation(own, size) },
    { name: `wide from s${own}`, text: wideOperation(own, size) },
  ]);
}

const plain = 'name status rank score price { amount currency }';

/** Over five subgraphs and their neighbours, which know rank and score. */
function deepOperation(own: number): string {
  const levels = ['next', 'far', 'next', 'far'];
  const body = levels.reduceRight(
    (inner, field) => `${plain} detail { note inner { amount } } ${field} { ${inner} }`,
    plain,
  );
  return `query Deep($id: ID!) { s${own}First(id: $id) { ${body} } }`;
}

/** One fragment for each of ten types, each of which goes on to another subgraph. */
function interfaceOperation(own: number, { entities }: SyntheticSize): string {
  const fragments = numbers(entities).map(
    (index) =>
      `... on S${own}Entity${index} { rank score detail { note inner { amount } } next { name rank far { name } } }`,
  );
  return `query Named($id: ID!) { s${own}Named(id: $id) { id name ${fragments.join(' ')} } }`;
}

const rootsOfWide = 12;

function wideOperation(own: number, { subgraphs }: SyntheticSize): string {
  const roots = numbers(rootsOfWide).map((step) => {
    const other = (own + step * (farStep - 2)) % subgraphs;
    return `r${step}: s${other}Page(filter: { text: $text }) { totals { count } items { ${plain} next { ${plain} } } }`;
  });
  return `query Wide($text: String!) { ${roots.join(' ')} }`;
}
