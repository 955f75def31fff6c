// Apollo's data sources as the drop-in knows them: what they are given, and what becomes of what they answer or throw.
// Classes of @apollo/gateway fit (RemoteGraphQLDataSource, LocalGraphQLDataSource), but nothing of it is imported.
import type {
  GatewayGraphQLRequest,
  GatewayGraphQLRequestContext,
  GatewayGraphQLResponse,
} from '@apollo/server-gateway-interface';
import { GraphQLError } from 'graphql';
import type { FetchContext, SubgraphAnswer, SubgraphFetcher, SubgraphRequest } from '../subgraph-fetch.ts';

export interface DataSourceOptions {
  readonly request: GatewayGraphQLRequest;
  /** 'incoming operation', 'health check' or 'loading schema': an enum in @apollo/gateway, which is not imported. */
  readonly kind: string;
  readonly context: Record<string, unknown>;
  readonly incomingRequestContext?: GatewayGraphQLRequestContext;
}

/** What of Apollo's GraphQLDataSource is used. */
export interface DataSource {
  process(options: DataSourceOptions): Promise<GatewayGraphQLResponse>;
}

export interface SubgraphDefinition {
  name: string;
  url?: string | undefined;
}

/** One request to a data source; what it throws is an answer. */
export async function askDataSource(
  source: DataSource,
  { body, context }: SubgraphRequest,
  url: string | undefined,
  incoming: GatewayGraphQLRequestContext,
): Promise<SubgraphAnswer> {
  const { query, variables = {} } = JSON.parse(body) as {
    query: string;
    variables?: Record<string, unknown>;
  };
  const headers = new Headers(context.headers.map(([...pair]) => pair));
  for (const [name, value] of context.tracingHeaders) headers.set(name, value);
  const options: DataSourceOptions = {
    request: { query, variables, http: { method: 'POST', url: url ?? '', headers } },
    kind: 'incoming operation',
    context: incoming.context,
    incomingRequestContext: incoming,
  };
  try {
    const { data, errors } = await source.process(options);
    // It may be kept by the data source, and the executor changes what it gets.
    return { data: structuredClone(data ?? null), errors: [...(errors ?? [])] };
  } catch (fault) {
    return failedSource(fault);
  }
}

/** What a data source throws is an answer, as ApolloGateway's are: its code passes, its stack does not. */
function failedSource(fault: unknown): SubgraphAnswer {
  const code = fault instanceof GraphQLError ? fault.extensions['code'] : undefined;
  const message =
    fault instanceof GraphQLError ? fault.message : 'A part of the answer is not available right now.';
  return {
    data: null,
    errors: [{ message, extensions: { code: typeof code === 'string' ? code : 'SERVICE_UNAVAILABLE' } }],
  };
}

/** For supergraph managers that ask subgraphs themselves, as IntrospectAndCompose does. */
export function fetchingSource(subgraph: string, fetcher: SubgraphFetcher, deadlineMs: number): DataSource {
  return {
    async process({ request: { query = '', variables, http } }) {
      const context: FetchContext = {
        headers: [...(http?.headers ?? [])],
        tracingHeaders: [],
        deadlineAt: performance.now() + deadlineMs,
        signal: undefined,
      };
      const body = JSON.stringify({ query, variables });
      const { data, errors } = await fetcher.fetch({ subgraph, operationKind: 'query', body, context });
      return { data, ...(errors.length > 0 && { errors: errors.map((error) => ({ ...error })) }) };
    },
  };
}

const healthQuery = 'query SubgraphHealthCheck { __typename }';

/** Rejects when it does not answer. */
export async function checkHealth(name: string, source: DataSource): Promise<void> {
  const { data, errors = [] } = await source.process({
    request: { query: healthQuery },
    kind: 'health check',
    context: {},
  });
  if (data?.['__typename'] !== undefined) return;
  throw new Error(`${name}: ${errors.map(({ message }) => message).join('; ') || 'it does not answer'}`);
}
