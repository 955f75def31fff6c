// Access control declared in the schema: federation's @authenticated, @requiresScopes and @policy. What a caller may
// not see is taken out of the operation before planning, so no subgraph is ever asked for it; the executors answer null
// with an error in its place.
import type { DocumentNode, GraphQLFormattedError } from 'graphql';
import type { NormalisedOperation } from '../execution.ts';
import type { Caller } from '../gateway-request.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { isMet, type Condition } from './condition.ts';
import { unauthorizedError, withSignInErrors, type DeniedField } from './denied-field.ts';
import { filterOperation } from './filter-operation.ts';
import { readOperation, type OperationRights } from './read-operation.ts';
import { readRequirements } from './read-requirements.ts';

export interface Authorization {
  /** False when the supergraph declares nothing: then nobody needs to ask. */
  readonly isNeeded: boolean;
  /** Paid once per operation; undefined when it touches nothing that is guarded. */
  forOperation(operation: NormalisedOperation): OperationAuthorization | undefined;
  /** As OperationAuthorization's, of all that the supergraph guards: equal ones may see the same of any operation. */
  signatureOf(caller: Caller): string;
}

export interface OperationAuthorization {
  /** Policies that the operation touches: whoever decides about policies needs to look at no others. */
  readonly policies: ReadonlySet<string>;
  /**
   * One character for each condition that the operation touches: met or not. Callers with equal signatures get equal
   * decisions, so plans may be shared by (operation, signature), and by nothing less.
   */
  signatureOf(caller: Caller): string;
  decide(caller: Caller): Decision;
}

export interface Decision {
  /** The operation without what the caller may not see; undefined when nothing is left to plan. */
  readonly plannable: DocumentNode | undefined;
  readonly denied: readonly DeniedField[];
  /** Given when the whole operation is refused: the option rejectUnauthorized is on and something is denied. */
  readonly refusal: readonly GraphQLFormattedError[] | undefined;
}

export interface AuthorizationOptions {
  /** Refuse an operation of which anything is denied, rather than to leave that out. */
  readonly rejectUnauthorized?: boolean;
}

export function createAuthorization(
  supergraph: Supergraph,
  { rejectUnauthorized = false }: AuthorizationOptions = {},
): Authorization {
  const requirements = readRequirements(supergraph);
  if (requirements.isEmpty) return { isNeeded: false, forOperation: () => undefined, signatureOf: () => '' };
  return {
    isNeeded: true,
    forOperation(operation) {
      const rights = readOperation(supergraph, requirements, operation);
      return rights.conditions.length === 0
        ? undefined
        : operationAuthorization(operation.document, rights, rejectUnauthorized);
    },
    signatureOf: (caller) => signatureOf(requirements.all, caller),
  };
}

function signatureOf(conditions: readonly Condition[], caller: Caller): string {
  let signature = caller.isAuthenticated ? '+' : '-';
  for (const condition of conditions) signature += isMet(condition, caller) ? '1' : '0';
  return signature;
}

function refusalOf(denied: readonly DeniedField[], caller: Caller): GraphQLFormattedError[] {
  const errors = denied.map(({ path }) => unauthorizedError(path));
  return caller.isAuthenticated ? errors : withSignInErrors(errors);
}

function operationAuthorization(
  document: DocumentNode,
  rights: OperationRights,
  rejectUnauthorized: boolean,
): OperationAuthorization {
  const { conditions } = rights;
  return {
    policies: new Set(
      conditions.flatMap((condition) => (condition.kind === 'policies' ? condition.anyOf.flat() : [])),
    ),
    signatureOf: (caller) => signatureOf(conditions, caller),
    decide(caller) {
      const unmet = new Set(conditions.filter((condition) => !isMet(condition, caller)));
      if (unmet.size === 0) return { plannable: document, denied: [], refusal: undefined };
      const filtered = filterOperation(document, rights, unmet);
      const refused = rejectUnauthorized && filtered.denied.length > 0;
      return {
        ...filtered,
        refusal: refused ? refusalOf(filtered.denied, caller) : undefined,
      };
    },
  };
}
