// A small shop of three subgraphs, with what goes wrong most easily: lists of entities that repeat, an interface object,
// a nullable key, a @requires over two subgraphs.
import { Federation } from './subgraphs.fixture.ts';

export function shop(): Promise<Federation> {
  return Federation.of({ catalog, reviews, stock });
}

interface Reference {
  readonly id: string;
  readonly weight?: number | null;
}

const items = [
  { __typename: 'Book', id: '1', title: 'One', weight: 10, code: 'c1', pages: 100 },
  { __typename: 'Film', id: '2', title: 'Two', weight: null, code: null, minutes: 90 },
];

const catalog = {
  sdl: `
    type Query { items: [Item] first: Item! pair: [Item!]! }
    type Mutation { rename(id: ID!, title: String!): Item reset: Int }
    interface Item @key(fields: "id") { id: ID! title: String! weight: Int label: Label }
    type Book implements Item @key(fields: "id") @key(fields: "code")
      { id: ID! title: String! weight: Int label: Label code: String pages: Int }
    type Film implements Item @key(fields: "id") @key(fields: "code")
      { id: ID! title: String! weight: Int label: Label code: String minutes: Int }
    type Label { text: String! }
  `,
  resolvers: {
    Query: {
      items: () => [...items, null, items[0]],
      first: () => items[0],
      pair: () => items,
    },
    Mutation: {
      rename: (_: unknown, { id, title }: { id: string; title: string }) => ({
        ...items.find((item) => item.id === id),
        title,
      }),
      reset: () => 7,
    },
    Item: { __resolveReference: byId, label: () => ({ text: 'label' }) },
    Book: { __resolveReference: byId, label: () => ({ text: 'label' }) },
    Film: { __resolveReference: byId, label: () => ({ text: 'label' }) },
  },
};

function byId({ id }: Reference) {
  return items.find((item) => item.id === id);
}

const reviews = {
  sdl: `
    type Item @key(fields: "id") @interfaceObject { id: ID! reviews: [Review!] stars: Int! }
    type Review { text: String item: Item }
    type Query { latest: [Review] }
    type Mutation { review(text: String!): Review }
  `,
  resolvers: {
    Query: { latest: () => [{ text: 'good', item: { id: '2' } }] },
    Mutation: { review: (_: unknown, { text }: { text: string }) => ({ text, item: { id: '1' } }) },
    Item: {
      reviews: ({ id }: Reference) => [{ text: `on ${id}`, item: { id } }],
      stars: () => 5,
    },
  },
};

const stock = {
  sdl: `
    type Book @key(fields: "code") { code: String shelf: String! }
    type Film @key(fields: "id") { id: ID! weight: Int @external postage: String @requires(fields: "weight") }
  `,
  resolvers: {
    Book: { shelf: ({ code }: { code: string }) => `shelf of ${code}` },
    Film: { postage: ({ weight }: Reference) => `for ${weight}` },
  },
};
