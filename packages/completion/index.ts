// What both BFFs share: the client's API with its live queries.
export { serveClientApi, type ClientApiOptions } from './client-api.ts';
export { longestAskMs } from './gateway-client.ts';
export { isAppVersion } from './app-versions.ts';
export { limitSettings, limitsOf } from './limits/limit-settings.ts';
export { createCursors } from './live/cursor.ts';
export { idempotencyMigrations } from './mutations/idempotency-store.ts';
export type { LiveField } from './live/live-field.ts';
export { OperationRefused } from './operation-request.ts';
export { streamMethods } from './streams/stream-server.ts';
export type { HeldTokens } from './sessions/held-tokens.ts';
export type { OwnRoutes } from './own-routes.ts';
export type { OnTaken } from './session-options.ts';
