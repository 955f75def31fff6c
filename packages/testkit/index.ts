// What tests of all packages share.
export { bankClient, signIn, type BankClient, type GraphQLAnswer, type SignIn } from './bank-client.ts';
export { FormBrowser, type Page } from './form-browser.ts';
export { startServiceProcess, type ServiceProcess, type ServiceProcessOptions } from './service-process.ts';
export { startRedisCluster, type RedisCluster } from './redis-cluster.ts';
export {
  redisCommand,
  redisMissing,
  startRedis,
  type RedisServer,
  type RedisServerOptions,
} from './redis-server.ts';
export { otlpCollector, type CollectedSpan, type OtlpCollector } from './otlp-collector.ts';
export { testDatabase, type TestDatabase, type TestDatabaseOptions } from './test-database.ts';
export { testHost, type LogLine, type TestHost, type TestHostOptions } from './test-host.ts';
export { testIdentity, type TestIdentity, type TokenContent } from './test-identity.ts';
export { answerJson, testPeer, type PeerAnswer, type ReceivedRequest, type TestPeer } from './test-peer.ts';
export {
  testPushService,
  type PushAnswer,
  type ReceivedPush,
  type TestDevice,
  type TestPushService,
} from './test-push-service.ts';
export { chromiumMissing, chromiumPath } from './chromium.ts';
export { until } from './until.ts';
export { webSession } from './web-session.ts';
export {
  testSubgraph,
  type TestCaller,
  type TestSubgraph,
  type TestSubgraphOptions,
} from './test-subgraph.ts';
