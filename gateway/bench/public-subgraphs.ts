// The four subgraphs of the public benchmark (The Guild's graphql-gateways-benchmark, MIT) over its data, which is read
// from where it lies and never part of this repository.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchSubgraphs } from './scenario.ts';

interface PublicData {
  readonly users: readonly { readonly id: string; readonly username: string }[];
  readonly products: readonly { readonly upc: string }[];
  readonly inventory: readonly { readonly upc: string; readonly inStock: boolean }[];
  readonly reviews: readonly { readonly id: string; readonly upc: string }[];
}

/** Each user has written these, and the first user is the author of all: so it is in the benchmark's answer. */
const reviewsOfAUser = 2;

const link = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.0"
  import: ["@key", "@external", "@requires", "@provides"]
)`;

const accounts = `${link}
type Query { me: User user(id: ID!): User users: [User] }
type User @key(fields: "id") { id: ID! name: String username: String birthday: Int }`;

const products = `${link}
type Query { topProducts(first: Int = 5): [Product] }
type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }`;

const inventory = `${link}
type Product @key(fields: "upc") {
  upc: String!
  weight: Int @external
  price: Int @external
  inStock: Boolean
  shippingEstimate: Int @requires(fields: "price weight")
}`;

const reviews = `${link}
type Review @key(fields: "id") {
  id: ID!
  body: String
  product: Product
  author: User @provides(fields: "username")
}
type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
type Product @key(fields: "upc") { upc: String! reviews: [Review] }`;

/** `source`: the folder with data.json. */
export function openSubgraphs(source: string): BenchSubgraphs {
  const data = JSON.parse(readFileSync(join(source, 'data.json'), 'utf8')) as PublicData;
  const [author] = data.users;
  const userBy = ({ id }: { id: string }) => data.users.find((user) => user.id === id);
  const itself = (representation: object) => representation;
  return {
    latencyMs: 0,
    subgraphs: {
      accounts: {
        sdl: accounts,
        resolvers: {
          Query: {
            me: () => author,
            user: (_: unknown, args: { id: string }) => userBy(args),
            users: () => data.users,
          },
          User: { __resolveReference: userBy },
        },
      },
      products: {
        sdl: products,
        resolvers: {
          Query: {
            topProducts: (_: unknown, { first }: { first: number }) => data.products.slice(0, first),
          },
          Product: {
            __resolveReference: ({ upc }: { upc: string }) =>
              data.products.find((product) => product.upc === upc),
          },
        },
      },
      inventory: {
        sdl: inventory,
        resolvers: {
          Product: {
            __resolveReference: itself,
            inStock: ({ upc }: { upc: string }) => data.inventory.find((item) => item.upc === upc)?.inStock,
            // The benchmark's own answer holds no estimate.
            shippingEstimate: () => null,
          },
        },
      },
      reviews: {
        sdl: reviews,
        resolvers: {
          Review: { author: () => author, product: ({ upc }: { upc: string }) => ({ upc }) },
          User: { __resolveReference: itself, reviews: () => data.reviews.slice(0, reviewsOfAUser) },
          Product: {
            __resolveReference: itself,
            reviews: ({ upc }: { upc: string }) => data.reviews.filter((review) => review.upc === upc),
          },
        },
      },
    },
  };
}
