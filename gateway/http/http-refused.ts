// A request that the front itself refuses, before the engine sees it. Thrown anywhere on the way in, and by whoever
// verifies tokens (callerOf); answer-http.ts makes the answer of it.

export interface RefusalDetails {
  /** Where the 2026 edition of the specification asks for another status. */
  readonly statusIn2026?: number;
  /** The status for clients that take nothing but application/json, in the 2023 draft. */
  readonly statusForJson?: number;
  /** Names and values in turns. */
  readonly headers?: readonly string[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export class HttpRefused extends Error {
  override readonly name = 'HttpRefused';
  readonly status: number;
  readonly code: string;
  readonly details: RefusalDetails;

  /** The message is for the client. */
  constructor(status: number, code: string, message: string, details: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** No well-formed GraphQL-over-HTTP request: a parameter is missing or of the wrong type. */
export function malformed(message: string): HttpRefused {
  return new HttpRefused(400, 'BAD_REQUEST', message, { statusIn2026: 422 });
}

export function notUnderstood(message: string): HttpRefused {
  return new HttpRefused(400, 'BAD_REQUEST', message);
}

export function bodyTooLarge(limitBytes: number): HttpRefused {
  return new HttpRefused(413, 'BODY_TOO_LARGE', `The request is larger than ${limitBytes} bytes.`);
}

/** The text of an answer without data. */
export function errorsText(
  code: string,
  message: string,
  extensions?: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ errors: [{ message, extensions: { code, ...extensions } }] });
}
