// Real subgraphs over HTTP for tests: composed, each served by graphql-js on a free port, with what they were asked.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, GraphQLError, parse, type GraphQLSchema } from 'graphql';

type Modules = Parameters<typeof buildSubgraphSchema>[0];
type Resolvers = Modules extends infer M
  ? M extends { resolvers?: infer R }
    ? NonNullable<R>
    : never
  : never;

export interface SubgraphSource {
  readonly sdl: string;
  readonly resolvers: Resolvers;
}

export interface AskedSubgraph {
  readonly subgraph: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@shareable", "@external", "@requires", "@authenticated", "@requiresScopes"])\n`;

export class SubgraphServers implements AsyncDisposable {
  readonly asked: AskedSubgraph[] = [];
  readonly urls: Readonly<Record<string, string>>;
  readonly schemas: ReadonlyMap<string, GraphQLSchema>;
  readonly supergraph: string;
  /** Awaited before each answer. */
  beforeAnswer: (asked: AskedSubgraph) => Promise<void> = async () => {};
  /** Sent with each answer. */
  answerHeaders: Readonly<Record<string, string>> = {};
  readonly #servers: Map<string, Server>;

  private constructor(
    sources: Readonly<Record<string, SubgraphSource>>,
    servers: Map<string, Server>,
    schemas: ReadonlyMap<string, GraphQLSchema>,
  ) {
    this.#servers = servers;
    this.schemas = schemas;
    this.urls = Object.fromEntries(
      [...servers].map(([name, server]) => [
        name,
        `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      ]),
    );
    this.supergraph = composed(sources, this.urls);
  }

  static async of(sources: Readonly<Record<string, SubgraphSource>>): Promise<SubgraphServers> {
    const holder: { self?: SubgraphServers } = {};
    const servers = new Map<string, Server>();
    const schemas = new Map<string, GraphQLSchema>();
    for (const [name, { sdl, resolvers }] of Object.entries(sources)) {
      const schema = buildSubgraphSchema({ typeDefs: parse(link + sdl), resolvers });
      schemas.set(name, schema);
      const server = createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
        const answer = await holder.self?.answer(name, request.headers, body);
        response
          .writeHead(200, { 'content-type': 'application/json', ...holder.self?.answerHeaders })
          .end(answer);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      servers.set(name, server);
    }
    return (holder.self = new SubgraphServers(sources, servers, schemas));
  }

  async answer(subgraph: string, headers: IncomingHttpHeaders, body: string): Promise<string> {
    const { query, variables } = JSON.parse(body) as Pick<AskedSubgraph, 'query' | 'variables'>;
    const asked = { subgraph, headers, query, variables };
    this.asked.push(asked);
    await this.beforeAnswer(asked);
    const schema = this.schemas.get(subgraph);
    if (schema === undefined) throw new Error(`no subgraph ${subgraph}`);
    return JSON.stringify(
      await graphql({ schema, source: query, variableValues: variables ?? {}, contextValue: { headers } }),
    );
  }

  /** Nobody listens at its address from then on. */
  async stop(subgraph: string): Promise<void> {
    const server = this.#servers.get(subgraph);
    if (server === undefined) return;
    this.#servers.delete(subgraph);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subgraph of this.#servers.keys()) await this.stop(subgraph);
  }
}

export function composed(
  sources: Readonly<Record<string, Pick<SubgraphSource, 'sdl'>>>,
  urls: Readonly<Record<string, string>>,
): string {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(sources).map(([name, { sdl }]) => ({
      name,
      url: urls[name] ?? '',
      typeDefs: parse(link + sdl),
    })),
  );
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

interface Book {
  readonly id: string;
  readonly title: string;
}

const books: readonly Book[] = [
  { id: '1', title: 'Dune' },
  { id: '2', title: 'Emma' },
];

/** Two subgraphs: books with their shelf, and what critics say of them. */
export const library: Readonly<Record<string, SubgraphSource>> = {
  shelf: {
    sdl: `
      type Query { books: [Book!]! book(id: ID!): Book whoAmI: String failing: String failingHard: String! }
      type Mutation { lend(id: ID!): Book log(line: String!): [String!]! }
      type Book @key(fields: "id") { id: ID! title: String! }
    `,
    resolvers: {
      Query: {
        books: () => books,
        book: (_: unknown, { id }: { id: string }) => books.find((book) => book.id === id),
        whoAmI: (_: unknown, __: unknown, context: unknown) => authorizationOf(context) ?? 'nobody',
        failing: fail,
        failingHard: fail,
      },
      Mutation: {
        lend: (_: unknown, { id }: { id: string }) => books.find((book) => book.id === id),
        log: (_: unknown, { line }: { line: string }) => (lines.push(line), [...lines]),
      },
      Book: { __resolveReference: ({ id }: { id: string }) => books.find((book) => book.id === id) },
    },
  },
  critics: {
    sdl: `type Query { topStars: Int } type Book @key(fields: "id") { id: ID! reviews: [String!] stars: Int! }`,
    resolvers: {
      Query: { topStars: () => 5 },
      Book: {
        reviews: ({ id }: Book) => [`${id} is good`],
        stars: ({ id }: Book) => Number(id),
      },
    },
  },
};

/** What only some may see. */
export const vault: SubgraphSource = {
  sdl: `type Query { secret: String @authenticated hidden: String @requiresScopes(scopes: [["read:hidden"]]) }`,
  resolvers: { Query: { secret: () => 'secret', hidden: () => 'hidden' } },
};

const lines: string[] = [];

function authorizationOf(context: unknown): string | undefined {
  return (context as { headers: IncomingHttpHeaders }).headers.authorization;
}

function fail(): never {
  throw new GraphQLError('It failed.', { extensions: { code: 'SHELF_BROKEN' } });
}
