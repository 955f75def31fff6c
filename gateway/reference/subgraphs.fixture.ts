// Real subgraphs in memory for tests: composed, planned by Apollo's planner, answered by graphql-js behind the fetcher.
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, GraphQLError, Kind, parse, type GraphQLSchema } from 'graphql';
import type { Executable, ExecutionInput } from '../execution.ts';
import { normalise } from '../operation/normalise.ts';
import { plannableTexts } from '../operation/plannable.ts';
import { createApolloPlanner } from '../planner/apollo-planner.ts';
import type { PlanNode } from '../planner/plan.ts';
import type { Planner } from '../planner/planner.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import type { SubgraphAnswer, SubgraphFetcher, SubgraphRequest } from '../subgraph-fetch.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';

type Resolvers = Parameters<typeof buildSubgraphSchema>[0] extends infer Modules
  ? Modules extends { resolvers?: infer Found }
    ? NonNullable<Found>
    : never
  : never;

export interface TestSubgraph {
  readonly sdl: string;
  readonly resolvers?: Resolvers;
}

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires",
  "@external", "@provides", "@shareable", "@interfaceObject", "@override", "@inaccessible", "@context", "@fromContext"])\n`;

export function composed(subgraphs: Readonly<Record<string, TestSubgraph>>): string {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(subgraphs).map(([name, { sdl }]) => ({
      name,
      url: `http://${name}.test`,
      typeDefs: parse(link + sdl),
    })),
  );
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

/** Federated subgraphs with their planner, until disposed of. */
export class Federation implements AsyncDisposable {
  readonly supergraph: Supergraph;
  readonly planner: Planner;
  readonly requests: SubgraphRequest[] = [];
  readonly #schemas = new Map<string, GraphQLSchema>();

  private constructor(
    supergraph: Supergraph,
    planner: Planner,
    subgraphs: Readonly<Record<string, TestSubgraph>>,
  ) {
    this.supergraph = supergraph;
    this.planner = planner;
    for (const [name, { sdl, resolvers = {} }] of Object.entries(subgraphs)) {
      this.#schemas.set(name, buildSubgraphSchema({ typeDefs: parse(link + sdl), resolvers }));
    }
  }

  static async of(subgraphs: Readonly<Record<string, TestSubgraph>>): Promise<Federation> {
    const sdl = composed(subgraphs);
    return new Federation(readSupergraph(sdl), await createApolloPlanner(sdl), subgraphs);
  }

  async executable(query: string): Promise<Executable> {
    const document = parse(query);
    const { apiSchema: schema } = this.planner;
    const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
    if (operation === undefined) throw new Error('a query has an operation');
    const isDeferred = query.includes('@defer');
    const normalised = normalise({ schema, document, operation, conditions: {}, keepDefer: isDeferred });
    const roots: PlanNode[] = [];
    for (const text of plannableTexts(normalised.document)) {
      const { root } = await this.planner.plan(
        { text, kind: normalised.kind, isDeferred, overrideLabels: new Set(), overridePercentage: 100 },
        AbortSignal.timeout(10_000),
      );
      if (root !== undefined) roots.push(root);
    }
    const [only] = roots;
    const root: PlanNode | undefined = roots.length > 1 ? { kind: 'sequence', nodes: roots } : only;
    return { supergraph: this.supergraph, apiSchema: schema, operation: normalised, plan: { root } };
  }

  /** `answers`: by subgraph, what is answered instead of asking it. */
  input(
    answers: Readonly<
      Record<string, (request: SubgraphRequest) => SubgraphAnswer | Promise<SubgraphAnswer>>
    > = {},
    variables: Readonly<Record<string, unknown>> = {},
  ): ExecutionInput {
    const fetcher: SubgraphFetcher = {
      fetch: async (request) => {
        this.requests.push(request);
        return (await answers[request.subgraph]?.(request)) ?? this.ask(request);
      },
    };
    const context = {
      headers: [],
      tracingHeaders: [],
      deadlineAt: Number.POSITIVE_INFINITY,
      signal: undefined,
    };
    return { variables, context, fetcher };
  }

  async ask({ subgraph, body }: SubgraphRequest): Promise<SubgraphAnswer> {
    const schema = this.#schemas.get(subgraph);
    if (schema === undefined) throw new GraphQLError(`no subgraph ${subgraph}`);
    const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
    const result = await graphql({ schema, source: query, variableValues: variables });
    const { data = null, errors = [] } = JSON.parse(JSON.stringify(result)) as Partial<SubgraphAnswer>;
    return { data, errors };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.planner.close();
  }
}
