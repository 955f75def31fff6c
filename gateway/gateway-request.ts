// What comes into the engine and what leaves it; the HTTP front (http/), the drop-in (apollo-gateway.ts) and the
// bank's own server stand on this side, pipeline.ts on the other.
import type { DocumentNode, GraphQLFormattedError } from 'graphql';
import type { FetchContext } from './subgraph-fetch.ts';

export interface GatewayRequest {
  /** The document's text, already limited in bytes; APQ and trusted documents have been resolved. */
  readonly query: string;
  /** The same parsed and validated by whoever calls, when they have done so. */
  readonly document?: DocumentNode;
  readonly operationName: string | undefined;
  /** As the client sent them. */
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly context: FetchContext;
  readonly caller: Caller;
  /** GET may only query. */
  readonly allowMutation: boolean;
  /** The client takes multipart answers, so that @defer may be incremental. */
  readonly acceptsIncremental: boolean;
  /** As the client sent them: `fresh` joins nothing under way; `explain` is watch/explain-answer.ts's, where it is on. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  /** For metrics: who the client says it is. */
  readonly client: { readonly name: string; readonly version: string } | undefined;
}

/** What @authenticated, @requiresScopes and @policy are decided by; made by whoever verified the token. */
export interface Caller {
  readonly isAuthenticated: boolean;
  readonly scopes: ReadonlySet<string>;
  readonly policies: ReadonlySet<string>;
}

export type GatewayAnswer =
  /** The operation ran: `{"data":…,"errors":…,"extensions":…}`. */
  | {
      readonly kind: 'executed';
      readonly text: string;
      readonly hasData: boolean;
      readonly hasErrors?: boolean;
      /** It is that of an equal request that was under way. */
      readonly isShared?: boolean;
    }
  /** It was refused before it ran (parse, validation, limits, variables, planning): no `data` key in the answer. */
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLFormattedError[]; readonly status: number }
  /** @defer: JSON texts, the first with `hasNext: true`, the last with `hasNext: false`. */
  | { readonly kind: 'incremental'; readonly payloads: AsyncIterable<string> };

/** What the HTTP front needs of an engine. */
export interface RequestHandler {
  /** Never rejects; a bug is an answer with INTERNAL_ERROR. */
  handle(request: GatewayRequest): Promise<GatewayAnswer>;
}
