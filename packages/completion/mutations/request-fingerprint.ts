// What makes two GraphQL requests the same: document, operation name and the values of the variables, not the order in
// which a client happens to write them down.
import { hash } from 'node:crypto';

/** Of a body that has been understood, in hexadecimal. */
export function fingerprintOf(body: string): string {
  const { query, operationName, variables } = JSON.parse(body) as Readonly<Record<string, unknown>>;
  return hash('sha256', JSON.stringify([query, operationName || null, variables ?? {}], inOrder));
}

/** A replacer: members by name. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
