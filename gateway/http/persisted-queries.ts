// Automatic persisted queries: a client sends the hash of a document, and the document itself only when the server
// does not know it yet. Anyone may register, so the store is bounded in count and bytes, and only what the engine
// took is kept.
import { hash } from 'node:crypto';
import { RecentMap } from '../operation/recent-map.ts';
import { HttpRefused, malformed, notUnderstood } from './http-refused.ts';
import type { RequestParameters } from './read-parameters.ts';

export interface PersistedQueryOptions {
  readonly mostDocuments?: number;
  readonly mostBytes?: number;
}

const defaultMostDocuments = 10_000;
const defaultMostBytes = 32 * 1024 * 1024;

const sha256Pattern = /^[0-9a-f]{64}$/;

export class PersistedQueries {
  readonly #texts: RecentMap<string>;

  constructor({ mostDocuments = defaultMostDocuments, mostBytes = defaultMostBytes }: PersistedQueryOptions) {
    this.#texts = new RecentMap({ mostEntries: mostDocuments, mostSize: mostBytes });
  }

  get(sha256Hash: string): string | undefined {
    return this.#texts.get(sha256Hash);
  }

  /** Only for a hash that `checkHash` has seen. */
  keep(sha256Hash: string, text: string): void {
    this.#texts.set(sha256Hash, text, text.length * 2);
  }
}

/** The hash in `extensions.persistedQuery`, if there is one. */
export function sha256HashOf(extensions: RequestParameters['extensions']): string | undefined {
  const persisted = extensions?.['persistedQuery'];
  if (persisted === undefined || persisted === null) return undefined;
  if (typeof persisted !== 'object' || !('sha256Hash' in persisted)) {
    throw malformed('extensions.persistedQuery must have a sha256Hash.');
  }
  if ('version' in persisted && persisted.version !== 1) {
    throw notUnderstood('Unsupported persisted query version');
  }
  const { sha256Hash } = persisted;
  if (typeof sha256Hash !== 'string')
    throw malformed('extensions.persistedQuery.sha256Hash must be a string.');
  return sha256Hash;
}

export function checkHash(sha256Hash: string, text: string): void {
  if (sha256Pattern.test(sha256Hash) && hash('sha256', text) === sha256Hash) return;
  throw notUnderstood('provided sha does not match query');
}

// Messages and the status 200 are what Apollo's clients look for before they send the document along.
const forJson = { statusForJson: 200, headers: ['cache-control', 'no-store'] };

export function persistedQueryNotFound(): HttpRefused {
  return new HttpRefused(400, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', forJson);
}

export function persistedQueryNotSupported(): HttpRefused {
  return new HttpRefused(400, 'PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported', forJson);
}
