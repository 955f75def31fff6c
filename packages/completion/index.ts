// What both BFFs share: the client's API with its live queries.
export { serveClientApi, type ClientApiOptions } from './client-api.ts';
export type { LiveField } from './twin.ts';
