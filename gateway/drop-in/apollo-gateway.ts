// The drop-in for ApolloGateway: `new ApolloServer({ gateway: new SimpleBankGateway({ supergraphSdl }) })`. Apollo Server
// parses, validates and writes; planning and execution are this engine's.
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type {
  GatewayExecutionResult,
  GatewayGraphQLRequestContext,
  GatewayInterface,
  GatewayLoadResult,
  GatewaySchemaLoadOrUpdateCallback,
} from '@apollo/server-gateway-interface';
import {
  askDataSource,
  checkHealth,
  fetchingSource,
  type DataSource,
  type SubgraphDefinition,
} from './apollo-data-source.ts';
import { createEngine, type Engine } from '../engine.ts';
import type { EngineOptions } from '../engine-options.ts';
import type { Caller, GatewayAnswer, RequestHandler } from '../gateway-request.ts';
import { anonymous } from '../http/front-options.ts';
import type { FetchContext, HeaderPair, SubgraphAnswer, SubgraphRequest } from '../subgraph-fetch.ts';
import { SubgraphUrls } from '../transport/subgraph-urls.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { createTransport, type Transport, type TransportOptions } from '../transport/transport.ts';
import { joinWatches } from '../watch/engine-watch.ts';
import { createTracing } from '../watch/tracing.ts';

/** As ApolloGateway's; Apollo Server itself has no deadline. */
const defaultDeadlineMs = 30_000;
const defaultForwardHeaders = ['authorization'];
/** They follow a request and change no answer. */
const tracingHeaderNames = ['traceparent', 'tracestate', 'x-correlation-id'];

export interface SupergraphHook {
  (options: {
    /** Takes a new supergraph; a broken one is refused, and the old one stays. */
    update(supergraphSdl: string): void;
    /** Rejects when a subgraph of it does not answer. */
    healthCheck(supergraphSdl: string): Promise<void>;
    getDataSource(definition: { name: string; url?: string }): DataSource;
  }): Promise<{ supergraphSdl: string; cleanup?: () => Promise<void> }>;
}

export interface SimpleBankGatewayOptions extends Omit<EngineOptions, 'supergraph' | 'fetcher'> {
  readonly supergraphSdl: string | SupergraphHook | { readonly initialize: SupergraphHook };
  /** How to reach a subgraph; by default over HTTP at its url in the supergraph. */
  readonly buildService?: (definition: { name: string; url?: string }) => DataSource;
  /** Client headers that go to every subgraph; default: authorization. */
  readonly forwardHeaders?: readonly string[];
  /** For one operation; default 30,000. */
  readonly deadlineMs?: number;
  /** Of the transport; without use beside `buildService`. */
  readonly transport?: Omit<TransportOptions, 'urlsOf'>;
  /** What @authenticated, @requiresScopes and @policy go by; default: everyone is anonymous. */
  readonly callerOf?: (context: GatewayGraphQLRequestContext) => Caller | Promise<Caller>;
  readonly logger?: { warn(message: string): void };
}

export class SimpleBankGateway implements GatewayInterface {
  readonly #options: SimpleBankGatewayOptions;
  readonly #listeners = new Set<GatewaySchemaLoadOrUpdateCallback>();
  /** By the list of its headers, which goes along unchanged with whatever context is made from the first one. */
  readonly #incoming = new WeakMap<readonly HeaderPair[], GatewayGraphQLRequestContext>();
  readonly #sources = new Map<string, DataSource>();
  readonly #urls = new SubgraphUrls();
  /** Of subgraphs that a manager asks before they are in a supergraph. */
  readonly #namedUrls = new Map<string, readonly string[]>();
  readonly #transport: Transport;
  readonly #tracing = createTracing();
  #engine: Engine | undefined;
  #handler: RequestHandler | undefined;
  #cleanup: (() => Promise<void>) | undefined;
  /** What came before the first one was loaded. */
  #early: string | undefined;

  constructor(options: SimpleBankGatewayOptions) {
    this.#options = options;
    this.#transport = createTransport({
      ...options.transport,
      urlsOf: (subgraph) => this.#urlsOf(subgraph),
    });
  }

  /** Throws SupergraphInvalid. */
  async load(): Promise<GatewayLoadResult> {
    const { buildService, shareRequests, watch, ...options } = this.#options;
    const supergraph = await this.#firstSupergraph();
    this.#engine = await createEngine({
      introspection: true, // Apollo Server decides about it
      ...options,
      watch: watch === undefined ? this.#tracing.watch : joinWatches(watch, this.#tracing.watch),
      // Requests with a context of their own cannot share what a data source may answer by it.
      shareRequests: buildService === undefined && shareRequests !== false,
      supergraph,
      fetcher: this.#tracing.tracedFetcher(
        buildService === undefined ? this.#transport : { fetch: (request) => this.#ask(request) },
      ),
    });
    this.#handler = this.#tracing.tracedHandler(this.#engine);
    this.#announce();
    if (this.#early !== undefined) await this.#update(this.#early);
    return { executor: (context) => this.#execute(context) };
  }

  onSchemaLoadOrUpdate(callback: GatewaySchemaLoadOrUpdateCallback): () => void {
    this.#listeners.add(callback);
    return () => void this.#listeners.delete(callback);
  }

  async stop(): Promise<void> {
    await this.#cleanup?.();
    await this.#engine?.close();
    await this.#transport.close();
  }

  async #firstSupergraph(): Promise<string> {
    const { supergraphSdl } = this.#options;
    if (typeof supergraphSdl === 'string') return supergraphSdl;
    const hook =
      typeof supergraphSdl === 'function' ? supergraphSdl : supergraphSdl.initialize.bind(supergraphSdl);
    const { supergraphSdl: first, cleanup } = await hook({
      update: (next) => void this.#update(next),
      healthCheck: (sdl) => this.#checkHealth(sdl),
      getDataSource: (definition) => this.#sourceOf(definition),
    });
    this.#cleanup = cleanup;
    return first;
  }

  async #update(supergraph: string): Promise<void> {
    if (this.#engine === undefined) {
      this.#early = supergraph;
      return;
    }
    try {
      const before = this.#engine.generation;
      await this.#engine.reload(supergraph);
      if (this.#engine.generation !== before) this.#announce();
    } catch (fault) {
      const reason = fault instanceof Error ? fault.message : String(fault);
      this.#options.logger?.warn(`A new supergraph was refused, the old one stays: ${reason}`);
    }
  }

  #announce(): void {
    const generation = this.#engine?.generation;
    if (generation === undefined) return;
    const { apiSchema, supergraph } = generation;
    for (const listener of this.#listeners) listener({ apiSchema, coreSupergraphSdl: supergraph.sdl });
  }

  async #execute(context: GatewayGraphQLRequestContext): Promise<GatewayExecutionResult> {
    if (this.#handler === undefined) throw new Error('load() comes before the first operation');
    const fetchContext = this.#fetchContext(context);
    this.#incoming.set(fetchContext.headers, context);
    const answer = await this.#handler.handle({
      query: context.source,
      document: context.document,
      operationName: context.operationName ?? undefined,
      variables: context.request.variables,
      context: fetchContext,
      caller: (await this.#options.callerOf?.(context)) ?? anonymous,
      allowMutation: true, // Apollo Server has refused mutations by GET
      acceptsIncremental: false,
      extensions: context.request.extensions,
      client: clientOf(context),
    });
    return resultOf(answer);
  }

  #fetchContext({ request }: GatewayGraphQLRequestContext): FetchContext {
    const { forwardHeaders = defaultForwardHeaders, deadlineMs = defaultDeadlineMs } = this.#options;
    const pairs = (names: readonly string[]) =>
      names.flatMap((given): HeaderPair[] => {
        const name = given.toLowerCase();
        const value = request.http?.headers.get(name);
        return value == null ? [] : [[name, value]];
      });
    return {
      headers: pairs(forwardHeaders),
      tracingHeaders: pairs(tracingHeaderNames),
      deadlineAt: performance.now() + deadlineMs,
      signal: undefined,
    };
  }

  #urlsOf(subgraph: string): readonly string[] {
    const known = this.#urls.of(subgraph, this.#engine?.generation.supergraph);
    return known.length > 0 ? known : (this.#namedUrls.get(subgraph) ?? known);
  }

  #sourceOf({ name, url }: SubgraphDefinition): DataSource {
    if (url !== undefined) this.#namedUrls.set(name, [url]);
    let source = this.#sources.get(name);
    if (source === undefined) {
      const { buildService, deadlineMs = defaultDeadlineMs } = this.#options;
      source =
        buildService?.({ name, ...(url !== undefined && { url }) }) ??
        fetchingSource(name, this.#transport, deadlineMs);
      this.#sources.set(name, source);
    }
    return source;
  }

  async #ask(request: SubgraphRequest): Promise<SubgraphAnswer> {
    const incoming = this.#incoming.get(request.context.headers);
    if (incoming === undefined) throw new Error('a fetch without its request');
    const [url] = this.#urlsOf(request.subgraph);
    return askDataSource(this.#sourceOf({ name: request.subgraph, url }), request, url, incoming);
  }

  async #checkHealth(supergraph: string): Promise<void> {
    const { subgraphs } = readSupergraph(supergraph);
    await Promise.all(subgraphs.map((subgraph) => checkHealth(subgraph.name, this.#sourceOf(subgraph))));
  }
}

function clientOf({ request }: GatewayGraphQLRequestContext) {
  const name = request.http?.headers.get('apollographql-client-name');
  if (name == null) return undefined;
  return { name, version: request.http?.headers.get('apollographql-client-version') ?? '' };
}

function resultOf(answer: GatewayAnswer): GatewayExecutionResult {
  if (answer.kind === 'refused') return { errors: answer.errors.map(graphqlError) };
  if (answer.kind === 'incremental') throw new Error('incremental delivery was not asked for');
  const { data, errors, extensions } = JSON.parse(answer.text) as {
    data: Record<string, unknown> | null;
    errors?: GraphQLFormattedError[];
    extensions?: Record<string, unknown>;
  };
  return {
    data,
    ...(errors === undefined ? {} : { errors: errors.map(graphqlError) }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

function graphqlError({ message, path, extensions }: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null });
}
