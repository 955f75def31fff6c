// Requests as they go over the wire, for what a well-behaved client never sends: other tokens, other bodies,
// other addresses than a BFF's. Answers come back with their text, so that a test can search all of it.

/** No answer of the bank takes longer in a test than this. */
const requestTimeoutMs = 15_000;

export interface WireError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string };
}

export interface WireAnswer {
  readonly status: number;
  readonly text: string;
  readonly data?: Record<string, unknown> | null;
  readonly errors: readonly WireError[];
}

export interface WireRequest {
  readonly token?: string | undefined;
  /** Sent as it is when it is text, as JSON otherwise. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly method?: string;
}

export async function send(url: string, request: WireRequest): Promise<WireAnswer> {
  const { token, body, headers = {}, method = 'POST' } = request;
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const text = await response.text();
  const { data, errors } = parsed(text) as Partial<WireAnswer>;
  return { status: response.status, text, errors: errors ?? [], ...(data === undefined ? {} : { data }) };
}

export function codesOf({ errors }: Pick<WireAnswer, 'errors'>): string[] {
  return errors.map(({ extensions }) => extensions?.code ?? 'none');
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
