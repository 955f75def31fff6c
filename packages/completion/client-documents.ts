// Which document a client means, the same over every transport: by its text, or by its hash as automatic persisted
// queries (`extensions.persistedQuery.sha256Hash`) or the GraphQL-over-HTTP appendix (`documentId`) say it. Where only
// trusted documents are served nothing else is run.
import { hash } from 'node:crypto';
import { OperationRefused } from './operation-request.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

/** Anyone may register one where they are served at all, in development; the oldest are forgotten beyond so much text. */
const mostRegisteredText = 4 * 1024 * 1024;

export interface GivenDocument {
  /** Empty counts as none: graphql-ws sends no message without a `query`. */
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

export interface ClientDocuments {
  readonly onlyTrusted: boolean;
  /**
   * The document's text; undefined when the client names none. Throws OperationRefused TRUSTED_DOCUMENTS_ONLY,
   * PERSISTED_QUERY_NOT_FOUND and BAD_REQUEST.
   */
  textOf(given: GivenDocument): string | undefined;
}

export function createClientDocuments(trusted: TrustedDocuments, onlyTrusted: boolean): ClientDocuments {
  const registered = new Map<string, string>();
  let registeredText = 0;

  function register(sha256: string, text: string): void {
    if (registered.has(sha256)) return;
    if (hash('sha256', text) !== sha256) {
      throw refused(400, 'BAD_REQUEST', 'provided sha does not match query');
    }
    registered.set(sha256, text);
    registeredText += text.length;
    for (const [oldest, { length }] of registered) {
      if (registeredText <= mostRegisteredText) return;
      registered.delete(oldest);
      registeredText -= length;
    }
  }

  return {
    onlyTrusted,
    textOf(given) {
      const text = typeof given.query === 'string' && given.query !== '' ? given.query : undefined;
      const sha256 = hashOf(given);
      if (text !== undefined) {
        if (trusted.has(text)) return text;
        if (onlyTrusted) throw trustedOnly();
        if (sha256 !== undefined) register(sha256, text);
        return text;
      }
      if (sha256 === undefined) return undefined;
      const known = trusted.get(sha256) ?? registered.get(sha256);
      if (known !== undefined) return known;
      if (onlyTrusted) throw trustedOnly();
      // The message that clients of automatic persisted queries look for, before they send hash and text.
      throw refused(400, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
    },
  };
}

/** Whether the client names its document by a hash, beside its text or instead of it. */
export function hashOf({ documentId, extensions }: GivenDocument): string | undefined {
  if (typeof documentId === 'string') {
    return documentId.startsWith('sha256:') ? documentId.slice('sha256:'.length) : documentId;
  }
  const { sha256Hash } = persistedQueryOf(extensions) ?? {};
  return typeof sha256Hash === 'string' ? sha256Hash : undefined;
}

function persistedQueryOf(extensions: unknown): { readonly sha256Hash?: unknown } | undefined {
  return (extensions as { readonly persistedQuery?: { readonly sha256Hash?: unknown } } | null | undefined)
    ?.persistedQuery;
}

function trustedOnly(): OperationRefused {
  const message = 'Only documents that were registered before are served here.';
  return refused(403, 'TRUSTED_DOCUMENTS_ONLY', message);
}

function refused(status: number, code: string, message: string): OperationRefused {
  return new OperationRefused({ status, code, message });
}
