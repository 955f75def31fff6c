// What the authorization tests share: an operation normalised as the pipeline does it, callers, and a decision as text.
import { parse, print, Kind } from 'graphql';
import type { NormalisedOperation } from '../execution.ts';
import type { Caller } from '../gateway-request.ts';
import { normalise } from '../operation/normalise.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { createAuthorization } from './authorization.ts';

export const anonymous: Caller = { isAuthenticated: false, scopes: new Set(), policies: new Set() };

export function callerWith(scopes: readonly string[], policies: readonly string[] = []): Caller {
  return { isAuthenticated: true, scopes: new Set(scopes), policies: new Set(policies) };
}

export function normalised({ fullSchema }: Supergraph, text: string): NormalisedOperation {
  const document = parse(text);
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error('no operation');
  return normalise({ schema: fullSchema, document, operation, conditions: {}, keepDefer: true });
}

/** `plannable` on one line, `denied` as "path.path" or "path.path on Type, Type". */
export function decided(
  supergraph: Supergraph,
  text: string,
  caller: Caller,
): { plannable: string | undefined; denied: string[] } {
  const operation = normalised(supergraph, text);
  const decision = createAuthorization(supergraph).forOperation(operation)?.decide(caller);
  if (decision === undefined) return { plannable: oneLine(operation.text), denied: [] };
  return {
    plannable: decision.plannable && oneLine(print(decision.plannable)),
    denied: decision.denied.map(({ path, onTypes }) =>
      onTypes === undefined ? path.join('.') : `${path.join('.')} on ${[...onTypes].toSorted().join(', ')}`,
    ),
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
