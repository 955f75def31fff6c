// What the package @simplebank/gateway offers: the engine, what stands around it, and the drop-in for ApolloGateway.

// The engine: a supergraph in, answers out.
export { createEngine, type Engine } from './engine.ts';
export type { EngineOptions } from './engine-options.ts';
export type { Caller, GatewayAnswer, GatewayRequest, RequestHandler } from './gateway-request.ts';
export { PlanningFailed, SupergraphInvalid } from './planner/planner.ts';
export { explainQuery } from './standalone/explain-query.ts';

// Behind Apollo Server, in ApolloGateway's place.
export {
  SimpleBankGateway,
  type SimpleBankGatewayOptions,
  type SupergraphHook,
} from './drop-in/apollo-gateway.ts';
export type { DataSource, DataSourceOptions } from './drop-in/apollo-data-source.ts';

// HTTP in front of it.
export { createHttpFront, type HttpFront } from './http/http-front.ts';
export type { HttpFrontOptions } from './http/front-options.ts';
export type { HttpAnswer, HttpRequest } from './http/http-message.ts';
export { HttpRefused } from './http/http-refused.ts';
export { serveNodeHttp, type NodeServer, type NodeServerOptions } from './http/serve-node-http.ts';
export { openManifestFile, readManifest, type TrustedDocuments } from './http/trusted-documents.ts';
export { verifyTokens, type TokenOptions } from './standalone/verify-tokens.ts';

// Subgraphs behind it.
export { createTransport, type Transport, type TransportOptions } from './transport/transport.ts';
export { defaultLimits, type TransportLimits } from './transport/limits.ts';
export type { FetchEvent, TransportSnapshot } from './transport/fetch-event.ts';
export type { FetchContext, SubgraphAnswer, SubgraphFetcher, SubgraphRequest } from './subgraph-fetch.ts';

// Watching it.
export { joinWatches, type EngineWatch } from './watch/engine-watch.ts';
export { createGatewayMetrics, type GatewayMetrics } from './watch/gateway-metrics.ts';
export { createTracing, type Tracing } from './watch/tracing.ts';

// All of it wired by one config, as `simplebank-gateway` does.
export { serveGateway, type RunningGateway } from './standalone/serve-gateway.ts';
export { ConfigInvalid, readGatewayConfig, type GatewayConfig } from './standalone/gateway-config.ts';
