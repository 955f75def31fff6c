// What a client and the caches on its way may keep of an answer. Every read of the bank needs a caller, so nothing is
// public: a client may keep the answer to its own GET and asks each time whether it still holds (RFC 9110, section 13).
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface CachedAnswer {
  readonly headers: Readonly<Record<string, string>>;
  /** The client has this very answer: 304 without a body. */
  readonly isUnchanged: boolean;
}

const notKept: CachedAnswer = { headers: { 'cache-control': 'private, no-store' }, isUnchanged: false };

export function cachedAnswer(
  method: string,
  requestHeaders: IncomingHttpHeaders,
  { status, text }: { readonly status: number; readonly text: string },
): CachedAnswer {
  if (method !== 'GET' || status !== 200 || hasErrors(text)) return notKept;
  const etag = `"${hash('sha256', text, 'base64url')}"`;
  return {
    headers: {
      'cache-control': 'private, no-cache',
      // Who asks, by token or by session, and the media type decide what comes.
      vary: 'accept, authorization, cookie',
      etag,
    },
    isUnchanged: matches(requestHeaders['if-none-match'], etag),
  };
}

function hasErrors(text: string): boolean {
  // Mostly decided without parsing: an answer that never says it has none.
  return (
    text.includes('"errors"') && (JSON.parse(text) as { readonly errors?: unknown }).errors !== undefined
  );
}

/** The weak comparison of RFC 9110, section 8.8.3.2. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}
