// One subgraph of the synthetic supergraph: groups of types around an entity of its own, each of which refers to entities
// of other subgraphs and adds fields to them, some with @requires, so that ways through the graph are long.

export interface SyntheticSize {
  readonly subgraphs: number;
  readonly groupsInASubgraph: number;
}

const link = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.3"
  import: ["@key", "@requires", "@external"]
)`;

/** How far apart subgraphs are that know each other beside neighbours; a prime, so that ways differ. */
const farStep = 7;

interface Neighbours {
  readonly next: string;
  readonly before: string;
  readonly far: string;
}

export const entityName = (subgraph: number, group: number) => `S${subgraph}G${group}`;

export function syntheticSubgraph(size: SyntheticSize, subgraph: number): string {
  const groups = Array.from({ length: size.groupsInASubgraph }, (_, group) => group);
  const fields = groups.map((group) => {
    const name = entityName(subgraph, group);
    return `  one${name}(id: ID!): ${name}\n  all${name}(filter: ${name}Filter): [${name}!]!`;
  });
  const own = groups.map((group) => {
    const name = entityName(subgraph, group);
    return ownTypes(name, neighboursOf(size, subgraph, group));
  });
  return [link, `type Query {\n${fields.join('\n')}\n}`, ...own, ...stubs(size, subgraph)].join('\n');
}

function neighboursOf(size: SyntheticSize, subgraph: number, group: number): Neighbours {
  const { subgraphs, groupsInASubgraph } = size;
  return {
    next: entityName((subgraph + 1) % subgraphs, group),
    before: entityName((subgraph + subgraphs - 1) % subgraphs, group),
    far: entityName((subgraph + farStep) % subgraphs, (group + 1) % groupsInASubgraph),
  };
}

/** Eight types. */
function ownTypes(name: string, { next, far }: Neighbours): string {
  return `
interface ${name}Node { id: ID! name: String! }
type ${name} implements ${name}Node @key(fields: "id") {
  id: ID!
  name: String!
  size: Int
  kind: ${name}Kind!
  detail: ${name}Detail!
  parts(filter: ${name}Filter): [${name}Part!]!
  next: ${next}
  far: [${far}!]!
}
enum ${name}Kind { SMALL LARGE OTHER }
input ${name}Filter { kind: ${name}Kind first: Int = 10 }
type ${name}Detail { text: String weight: Int owner: ${next} }
union ${name}Part = ${name}Bolt | ${name}Plate
type ${name}Bolt { code: ID! length: Int! }
type ${name}Plate { code: ID! area: Int! maker: ${far} }`;
}

/** What this subgraph adds to entities of others; one that several groups know is one type. */
function stubs(size: SyntheticSize, subgraph: number): string[] {
  const fieldsOf = new Map<string, Set<string>>();
  const add = (name: string, ...fields: string[]) => {
    const known = fieldsOf.get(name) ?? new Set(['id: ID!']);
    for (const field of fields) known.add(field);
    fieldsOf.set(name, known);
  };
  for (let group = 0; group < size.groupsInASubgraph; group += 1) {
    const { next, before, far } = neighboursOf(size, subgraph, group);
    add(next, `ratedBy${subgraph}: Int!`);
    add(before, 'size: Int @external', `price${subgraph}: Int @requires(fields: "size")`);
    add(far);
  }
  return [...fieldsOf].map(
    ([name, fields]) => `type ${name} @key(fields: "id") {\n  ${[...fields].join('\n  ')}\n}`,
  );
}
