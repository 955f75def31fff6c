// From the parameters of a request to the text of its document: sent along, persisted before, or trusted.
import { HttpRefused, malformed } from './http-refused.ts';
import {
  checkHash,
  type PersistedQueries,
  persistedQueryNotFound,
  persistedQueryNotSupported,
  sha256HashOf,
} from './persisted-queries.ts';
import type { RequestParameters } from './read-parameters.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

export interface DocumentSources {
  /** Undefined: automatic persisted queries are off. */
  readonly persisted: PersistedQueries | undefined;
  readonly trusted: TrustedDocuments | undefined;
  /** Refuses every document that is not trusted. */
  readonly onlyTrusted: boolean;
}

export interface ResolvedDocument {
  readonly text: string;
  /** The hash to keep the text under once the engine has taken it. */
  readonly keepAs: string | undefined;
}

/** Throws HttpRefused. */
export function resolveDocument(sources: DocumentSources, parameters: RequestParameters): ResolvedDocument {
  const { query, extensions, documentId } = parameters;
  // The way of nearly all requests.
  if (query !== undefined && extensions === undefined && !sources.onlyTrusted) {
    return { text: query, keepAs: undefined };
  }
  const sha256Hash = sha256HashOf(extensions);
  const resolved =
    query === undefined
      ? { text: textOfId(sources, documentId, sha256Hash), keepAs: undefined }
      : { text: query, keepAs: hashToKeep(sources, query, sha256Hash) };
  if (sources.onlyTrusted && sources.trusted?.has(resolved.text) !== true) throw trustedOnly();
  return resolved;
}

function hashToKeep(
  { persisted, trusted }: DocumentSources,
  query: string,
  sha256Hash: string | undefined,
): string | undefined {
  if (sha256Hash === undefined) return undefined;
  if (trusted?.get(sha256Hash) === query) return undefined;
  if (persisted === undefined) throw persistedQueryNotSupported();
  checkHash(sha256Hash, query);
  return persisted.get(sha256Hash) === undefined ? sha256Hash : undefined;
}

function textOfId(
  { persisted, trusted, onlyTrusted }: DocumentSources,
  documentId: string | undefined,
  sha256Hash: string | undefined,
): string {
  // The specification's appendix on persisted documents writes the kind of an id before it.
  const id = documentId?.startsWith('sha256:') === true ? documentId.slice('sha256:'.length) : documentId;
  const wanted = id ?? sha256Hash;
  if (wanted === undefined) throw malformed('query is missing.');
  const text = trusted?.get(wanted) ?? (documentId === undefined ? undefined : trusted?.get(documentId));
  if (text !== undefined) return text;
  if (onlyTrusted) throw trustedOnly();
  if (persisted === undefined && trusted === undefined) throw persistedQueryNotSupported();
  const kept = persisted?.get(wanted);
  if (kept === undefined) throw persistedQueryNotFound();
  return kept;
}

function trustedOnly(): HttpRefused {
  return new HttpRefused(
    403,
    'TRUSTED_DOCUMENTS_ONLY',
    'Only documents that were registered before are served here.',
  );
}
