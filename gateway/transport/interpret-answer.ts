// What a subgraph's HTTP answer means (GraphQL, section 7.1; GraphQL over HTTP, section 6): any status with a GraphQL
// result is an answer, anything else is a fault. Errors lose what is nobody's business outside the subgraph.
import type { SubgraphAnswer, SubgraphError } from '../subgraph-fetch.ts';

/** Not an answer; the text is for logs, never for clients. */
export interface NoAnswer {
  readonly notAnswered: string;
}

/** Said instead of what is no message. */
const messageMissing = 'A service reported an error without a message.';

/** As many as a client is shown of a whole response; half a million in one answer would hold the event loop. */
const mostErrors = 1_000;
/** Each of them is placed at everything that was asked for. */
const mostErrorsWithoutPath = 10;

/** Of another operation's text, or of the subgraph's inside. */
const privateExtensions = ['stacktrace', 'exception', 'serviceName'] as const;

/** Each call gives objects of its own, since whoever asked may change them. */
export function interpretAnswer(status: number, text: string): SubgraphAnswer | NoAnswer {
  if (status >= 300 && status < 400) return { notAnswered: `a redirect (${status})` };
  let answer: unknown;
  try {
    answer = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return { notAnswered: `status ${status} and no JSON` };
  }
  if (!isObject(answer)) return { notAnswered: `status ${status} and JSON that is no object` };
  const { data, errors } = answer;
  if (data != null && !isObject(data)) return { notAnswered: 'data that is no object' };
  const repaired = errors == null ? [] : repairErrors(errors);
  if (data == null && repaired.length === 0)
    return { notAnswered: `status ${status}, no data and no errors` };
  return { data: data ?? null, errors: repaired };
}

function repairErrors(errors: unknown): SubgraphError[] {
  const all = Array.isArray(errors) ? errors.slice(0, mostErrors).map(repairError) : [repairError(errors)];
  let withoutPath = 0;
  return all.filter(({ path }) => path !== undefined || (withoutPath += 1) <= mostErrorsWithoutPath);
}

function repairError(error: unknown): SubgraphError {
  if (!isObject(error)) return { message: messageMissing };
  const { message, path, extensions } = error;
  return {
    message: typeof message === 'string' ? message : messageMissing,
    ...(isPath(path) ? { path } : {}),
    ...(isObject(extensions) ? { extensions: withoutPrivate(extensions) } : {}),
  };
}

/** Deletes rather than copies: a copy by assignment would take a key `__proto__` for the prototype. */
function withoutPrivate(extensions: Record<string, unknown>): Record<string, unknown> {
  for (const name of privateExtensions) delete extensions[name];
  return extensions;
}

function isPath(path: unknown): path is (string | number)[] {
  return Array.isArray(path) && path.every((key) => typeof key === 'string' || typeof key === 'number');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
