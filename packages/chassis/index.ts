// What every service gets; see README.md for the tour.
export { beforeDeadline } from './before-deadline.ts';
export {
  accessTokenAlgorithm,
  accessTokenAudience,
  createAccessTokens,
  forbidden,
  unauthenticated,
  type AccessTokens,
} from './access-token.ts';
export {
  createClientAddresses,
  networkOf,
  proxiesSetting,
  type ClientAddresses,
} from './client-addresses.ts';
export {
  ConfigError,
  countSetting,
  flagSetting,
  millisecondsSetting,
  portSetting,
  rateSetting,
  readConfig,
  type Environment,
} from './config.ts';
export {
  consistencyHeader,
  consistencyIn,
  currentConsistency,
  noteConsistency,
  noteWritten,
} from './consistency.ts';
export {
  backgroundContext,
  contextHeaders,
  correlationIdFrom,
  currentContext,
  newCorrelationId,
  remainingMs,
  runInContext,
  traceparentWithin,
  type Caller,
  type WorkContext,
} from './context.ts';
export type { Announcement, Discovery } from './discovery.ts';
export { openDnsDiscovery } from './dns-discovery.ts';
export { sql, type Database, type Queryable, type Statement, type Transaction } from './database.ts';
export { DatabaseUnavailable, DeadlineExceeded } from './database-faults.ts';
export { endpoint, type Endpoint } from './endpoint.ts';
export {
  openHost,
  type MigrationFolder,
  type RunningService,
  type ServiceHost,
  type StartService,
  type Wiring,
} from './host.ts';
export { bodyLimitBytes, type AuthorizationOf } from './http-server.ts';
export type { ServiceClient } from './http-client.ts';
export { idempotencyKeyHeader, idempotencyKeyIn, idempotencyKeyRule } from './idempotency-key.ts';
export { answers, type InternalRoute } from './internal-routes.ts';
export { createLogger, logLevelSetting, type Logger } from './log.ts';
export type { Metrics } from './metrics.ts';
export { migrate } from './migrations.ts';
export { isPageSize, pageCursor, pageOf, pagePlace, type PagePlace } from './pages.ts';
export { errorExtensions, retryableCodes, type ErrorExtensions } from './error-extensions.ts';
export { problemMedia, problemOf } from './problem.ts';
export { openDatabase } from './open-database.ts';
export {
  accepted,
  PublicError,
  publicFault,
  rejected,
  RequestRefused,
  ServiceUnavailable,
  valueOrThrow,
  type Outcome,
  type Rejection,
} from './rejection.ts';
export {
  announceBank,
  findRunningBank,
  forgetBank,
  operatorClient,
  runningBankFor,
  standardDataDirs,
  type RunningBank,
} from './running-bank.ts';
export { readSecretFiles } from './secret-setting.ts';
export { assertRedisAnswers } from './redis-client.ts';
export { openRedisDiscovery } from './redis-discovery.ts';
export { GivenUp, type ReplicaCalls } from './replica-calls.ts';
export { ensureServiceDatabase } from './service-database.ts';
export {
  requireCaller,
  readTypeDefs,
  type SubgraphContext,
  type SubgraphResolvers,
} from './subgraph-server.ts';
export type { Tracing } from './tracing.ts';
