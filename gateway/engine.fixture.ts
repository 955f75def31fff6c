// An engine over subgraphs in memory for tests: composed, planned and run as in production, asked as the HTTP front
// asks; only the network between is missing.
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { EngineOptions } from './engine-options.ts';
import { createEngine, type Engine } from './engine.ts';
import type { Caller, GatewayAnswer, GatewayRequest } from './gateway-request.ts';
import type { TestSubgraph } from './reference/subgraphs.fixture.ts';
import type { FetchContext, SubgraphAnswer, SubgraphRequest } from './subgraph-fetch.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external",
  "@shareable", "@authenticated", "@requiresScopes", "@composeDirective"])\n`;

/** Long enough for every test: a deadline that matters is given. */
const deadlineMs = 30_000;

export const anonymous: Caller = { isAuthenticated: false, scopes: new Set(), policies: new Set() };

export function signedIn(...scopes: readonly string[]): Caller {
  return { isAuthenticated: true, scopes: new Set(scopes), policies: new Set() };
}

export function composedForEngine(subgraphs: Readonly<Record<string, TestSubgraph>>): string {
  const { supergraphSdl, errors = [] } = composeServices(
    Object.entries(subgraphs).map(([name, { sdl }]) => ({
      name,
      url: `http://${name}.test`,
      typeDefs: parse(link + sdl),
    })),
  );
  if (supergraphSdl === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

export interface Asking extends Partial<
  Pick<GatewayRequest, 'allowMutation' | 'acceptsIncremental' | 'extensions'>
> {
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly caller?: Caller;
  readonly context?: Partial<FetchContext>;
}

export interface AnswerJson {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export type Instead = (request: SubgraphRequest) => SubgraphAnswer | Promise<SubgraphAnswer | undefined>;

export class TestEngine implements AsyncDisposable {
  readonly engine: Engine;
  /** What subgraphs were asked, in order. */
  readonly requests: SubgraphRequest[];
  /** Answers in place of a subgraph, by its name; undefined lets it answer itself. */
  readonly instead: Record<string, Instead> = {};

  private constructor(engine: Engine, requests: SubgraphRequest[]) {
    this.engine = engine;
    this.requests = requests;
  }

  static async over(
    subgraphs: Readonly<Record<string, TestSubgraph>>,
    options: Partial<Omit<EngineOptions, 'fetcher'>> = {},
  ): Promise<TestEngine> {
    const schemas = new Map<string, GraphQLSchema>();
    for (const [name, { sdl, resolvers = {} }] of Object.entries(subgraphs)) {
      schemas.set(name, buildSubgraphSchema({ typeDefs: parse(link + sdl), resolvers }));
    }
    const requests: SubgraphRequest[] = [];
    const holder: { self?: TestEngine } = {};
    const engine = await createEngine({
      supergraph: composedForEngine(subgraphs),
      ...options,
      fetcher: {
        async fetch(request) {
          requests.push(request);
          return (await holder.self?.instead[request.subgraph]?.(request)) ?? askSchema(schemas, request);
        },
      },
    });
    return (holder.self = new TestEngine(engine, requests));
  }

  async ask(query: string, asking: Asking = {}): Promise<GatewayAnswer> {
    const { context = {}, caller = anonymous, variables, operationName } = asking;
    return this.engine.handle({
      query,
      operationName,
      variables,
      caller,
      allowMutation: asking.allowMutation ?? true,
      acceptsIncremental: asking.acceptsIncremental ?? false,
      extensions: asking.extensions,
      client: undefined,
      context: {
        headers: [],
        tracingHeaders: [],
        deadlineAt: performance.now() + deadlineMs,
        signal: undefined,
        ...context,
      },
    });
  }

  /** The JSON of an operation that ran. */
  async run(query: string, asking: Asking = {}): Promise<AnswerJson> {
    const answer = await this.ask(query, asking);
    if (answer.kind !== 'executed') throw new Error(`it was ${answer.kind}: ${JSON.stringify(answer)}`);
    return JSON.parse(answer.text) as AnswerJson;
  }

  /** The subgraphs that were asked since the last look. */
  asked(): string[] {
    return this.requests.splice(0).map(({ subgraph }) => subgraph);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close();
  }
}

async function askSchema(
  schemas: ReadonlyMap<string, GraphQLSchema>,
  { subgraph, body }: SubgraphRequest,
): Promise<SubgraphAnswer> {
  const schema = schemas.get(subgraph);
  if (schema === undefined) throw new Error(`no subgraph ${subgraph}`);
  const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
  const result = await graphql({ schema, source: query, variableValues: variables });
  const { data = null, errors = [] } = JSON.parse(JSON.stringify(result)) as Partial<SubgraphAnswer>;
  return { data, errors };
}

export function codesOf(answer: Pick<AnswerJson, 'errors'>): unknown[] {
  return (answer.errors ?? []).map(({ extensions }) => extensions?.['code']);
}

export interface Degraded {
  readonly path: readonly unknown[];
  readonly reason: string;
  readonly used: string;
  readonly ageMs?: number;
}

export function degradedOf({ extensions = {} }: Pick<AnswerJson, 'extensions'>): readonly Degraded[] {
  const { degraded = [] } = extensions as { readonly degraded?: readonly Degraded[] };
  return degraded;
}

/** A door that the test opens. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: () => resolve() };
}

export const unavailable: SubgraphAnswer = {
  data: null,
  errors: [{ message: 'A service is unavailable.', extensions: { code: 'SERVICE_UNAVAILABLE' } }],
};

const titles: Readonly<Record<string, string>> = { 1: 'Dune', 2: 'Emma' };

/** Books of one subgraph, reviews of another. */
export const library = {
  shelf: {
    sdl: `type Query { books: [Book!]! book(id: ID!): Book whoAmI: String secret: String @authenticated
        hidden: String @requiresScopes(scopes: [["read:hidden"]]) }
      type Mutation { lend(id: ID!): Book }
      type Subscription { lent: Book }
      type Book @key(fields: "id") { id: ID! title: String! price: Int @requiresScopes(scopes: [["read:price"]]) }`,
    resolvers: {
      Query: {
        books: () => ['1', '2'].map(bookOf),
        book: (_: unknown, { id }: { id: string }) => bookOf(id),
        secret: () => 'the secret',
        hidden: () => 'the hidden',
        whoAmI: () => 'somebody',
      },
      Mutation: { lend: (_: unknown, { id }: { id: string }) => bookOf(id) },
      Book: { __resolveReference: ({ id }: { id: string }) => bookOf(id) },
    },
  },
  critics: {
    sdl: 'type Book @key(fields: "id") { id: ID! reviews: [String!] }',
    resolvers: { Book: { reviews: ({ id }: { id: string }) => [`review of ${id}`] } },
  },
} satisfies Readonly<Record<string, TestSubgraph>>;

function bookOf(id: string) {
  const title = titles[id];
  return title === undefined ? null : { id, title, price: Number(id) * 10 };
}
