// What the fallback tests share: a composed supergraph with @fallback in it, runs of callers, and answers by hand.
import type { GraphQLFormattedError } from 'graphql';
import { normalised } from '../authorization/authorization.fixture.ts';
import type { DeniedField } from '../authorization/denied-field.ts';
import { composed } from '../authorization/compose.fixture.ts';
import type { ExecutionResult } from '../execution.ts';
import type { HeaderPair } from '../subgraph-fetch.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { FallbackRun, RunAgain } from './degraded-result.ts';
import { fallbackDefinition } from './fallback-directive.ts';
import { createFallbacks, type OperationFallbacks } from './fallbacks.ts';
import { createLastKnown, defaultLimits, type LastKnown } from './last-known.ts';

/** What README.md tells a subgraph's authors to write. */
export const fallbackLinks = `extend schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@composeDirective", "@requiresScopes"])
  @link(url: "https://simplebank.dev/fallback/v0.1", import: ["@fallback"])
  @composeDirective(name: "@fallback")
${fallbackDefinition}
`;

export function composedWithFallbacks(subgraphs: Readonly<Record<string, string>>): Supergraph {
  return composed(
    Object.fromEntries(Object.entries(subgraphs).map(([name, sdl]) => [name, fallbackLinks + sdl])),
  );
}

/** A clock that a test moves. */
export interface Clock {
  now: number;
}

export interface FallbackBench {
  readonly clock: Clock;
  readonly lastKnown: LastKnown;
  operation(text: string): OperationFallbacks;
}

export function fallbackBench(supergraph: Supergraph): FallbackBench {
  const clock: Clock = { now: 0 };
  const now = () => clock.now;
  const lastKnown = createLastKnown(defaultLimits, now);
  const fallbacks = createFallbacks(supergraph, supergraph.fullSchema, { now, lastKnown });
  return {
    clock,
    lastKnown,
    operation(text) {
      const operation = fallbacks.forOperation(normalised(supergraph, text));
      if (operation === undefined) throw new Error('the operation has no fallback');
      return operation;
    },
  };
}

export function runOf({
  headers = [],
  variables = {},
  deadlineAt = 1_000_000,
  denied = [],
}: {
  headers?: readonly HeaderPair[];
  variables?: Readonly<Record<string, unknown>>;
  deadlineAt?: number;
  denied?: readonly DeniedField[];
} = {}): FallbackRun {
  return { variables, denied, context: { headers, tracingHeaders: [], deadlineAt, signal: undefined } };
}

export function answered(
  data: Record<string, unknown> | null,
  ...errors: GraphQLFormattedError[]
): ExecutionResult {
  return { data, errors };
}

export function failure(code: string, ...path: (string | number)[]): GraphQLFormattedError {
  return { message: 'The service is unavailable.', path, extensions: { code } };
}

export function down(...path: (string | number)[]): GraphQLFormattedError {
  return failure('SERVICE_UNAVAILABLE', ...path);
}

export const neverAgain: RunAgain = () => {
  throw new Error('no second execution is expected');
};
