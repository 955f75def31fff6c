// Status codes by the GraphQL-over-HTTP specification, in two editions: '2023' is the draft that clients and servers
// speak today (application/json: 200 whenever the request was well-formed), '2026' the first edition of September
// 2026 (5.4: 422 for what cannot be processed, 294 for data with errors).
import type { Media } from './negotiate-media.ts';
import type { HttpRefused } from './http-refused.ts';

export type StatusEdition = '2023' | '2026';

/** 6.1 of the 2026 edition; no registered code, so its reason phrase must be given along. */
export const partialSuccess = 294;

/** Codes of an engine that mean "well-formed, parsed, but not to be executed" (5.4 of the 2026 edition). */
const unprocessable = new Set([
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_NOT_SUPPORTED',
  'QUERY_TOO_COMPLEX',
]);

/** Of an answer with `data`, also when that is null. */
export function executedStatus(edition: StatusEdition, media: Media, hasErrors: boolean): number {
  // 6.1 wants 294 only beside the media type that says what it means.
  return edition === '2026' && media === 'graphql' && hasErrors ? partialSuccess : 200;
}

/** Of an answer in which the engine refused a well-formed request. */
export function refusedStatus(edition: StatusEdition, media: Media, status: number, code: unknown): number {
  if (status !== 400) return status;
  if (edition === '2026') return typeof code === 'string' && unprocessable.has(code) ? 422 : 400;
  return media === 'json' ? 200 : 400;
}

export function frontStatus(edition: StatusEdition, media: Media, { status, details }: HttpRefused): number {
  if (edition === '2026') return details.statusIn2026 ?? status;
  return media === 'json' ? (details.statusForJson ?? status) : status;
}

/**
 * 5.1 of the 2026 edition: a client that takes only application/json must not believe that an error with this type
 * is GraphQL's, since anything on the way could have made it. So errors say what they are.
 */
export function mediaForStatus(edition: StatusEdition, media: Media, status: number): Media {
  return edition === '2026' && status >= 400 ? 'graphql' : media;
}
