// Every option of the HTTP front with its default, settled once when the front is made.
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../gateway-request.ts';
import { createCors, type Cors, type CorsOptions } from './allow-origins.ts';
import type { StatusEdition } from './choose-status.ts';
import { createCompressor, type CompressionOptions, type Compressor } from './compress-body.ts';
import { PersistedQueries, type PersistedQueryOptions } from './persisted-queries.ts';
import { preflightHeaders } from './prevent-csrf.ts';
import { createContextReader, type ContextOptions, type ContextReader } from './request-context.ts';
import type { DocumentSources } from './resolve-document.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

export interface HttpFrontOptions extends ContextOptions {
  /** Default `/graphql`. */
  readonly path?: string;
  /** Which edition of the GraphQL-over-HTTP specification decides about status codes; default '2023'. */
  readonly statusCodes?: StatusEdition;
  /** Default true; a list names the headers of which a GET must carry one. */
  readonly csrfPrevention?: boolean | readonly string[];
  /** Default: no page of another origin may read answers. */
  readonly cors?: CorsOptions;
  /** Default: from 4 KiB on, for clients that ask for it. */
  readonly compression?: CompressionOptions | false;
  /** Who asks; throws HttpRefused for a token that is not valid. Default: everyone is anonymous. */
  readonly callerOf?: (headers: IncomingHttpHeaders) => Caller | Promise<Caller>;
  /** Automatic persisted queries; default on. */
  readonly persistedQueries?: PersistedQueryOptions | false;
  readonly trustedDocuments?: TrustedDocuments;
  /** Refuses every document that is not trusted; default false. */
  readonly onlyTrusted?: boolean;
  /** Operations in one request as a JSON array; default 0, which refuses them. */
  readonly mostInBatch?: number;
  /** Told of every bug, with the correlation id that the client sees. */
  readonly report?: (failure: FrontFailure) => void;
}

export interface FrontFailure {
  readonly error: unknown;
  readonly correlationId: string;
}

export const anonymous: Caller = { isAuthenticated: false, scopes: new Set(), policies: new Set() };

export interface FrontSettings {
  readonly path: string;
  readonly statusCodes: StatusEdition;
  /** Empty: no check. */
  readonly csrfHeaders: readonly string[];
  readonly cors: Cors | undefined;
  readonly compressor: Compressor | undefined;
  readonly callerOf: ((headers: IncomingHttpHeaders) => Caller | Promise<Caller>) | undefined;
  readonly documents: DocumentSources;
  readonly mostInBatch: number;
  readonly contexts: ContextReader;
  readonly report: (failure: FrontFailure) => void;
}

export function settleFrontOptions(options: HttpFrontOptions): FrontSettings {
  const { csrfPrevention = true, compression = {}, persistedQueries = {}, onlyTrusted = false } = options;
  if (onlyTrusted && options.trustedDocuments === undefined) {
    throw new Error('onlyTrusted: without trustedDocuments every request would be refused');
  }
  const csrfHeaders =
    csrfPrevention === true ? preflightHeaders : csrfPrevention === false ? [] : csrfPrevention;
  return {
    path: options.path ?? '/graphql',
    statusCodes: options.statusCodes ?? '2023',
    csrfHeaders: csrfHeaders.map((name) => name.toLowerCase()),
    cors: options.cors === undefined ? undefined : createCors(options.cors),
    compressor: compression === false ? undefined : createCompressor(compression),
    callerOf: options.callerOf,
    documents: {
      persisted:
        persistedQueries === false || onlyTrusted ? undefined : new PersistedQueries(persistedQueries),
      trusted: options.trustedDocuments,
      onlyTrusted,
    },
    mostInBatch: options.mostInBatch ?? 0,
    contexts: createContextReader(options),
    report: options.report ?? (() => {}),
  };
}
