// What goes into fallbacks at run time and what comes out.
import type { DocumentNode } from 'graphql';
import type { DeniedField } from '../authorization/denied-field.ts';
import type { ExecutionResult } from '../execution.ts';
import type { FetchContext } from '../subgraph-fetch.ts';

export interface FallbackRun {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: FetchContext;
  /**
   * What the caller may not see (authorization). A field in which something is denied can only be left out: values of
   * elsewhere were not cut to what this caller may see.
   */
  readonly denied: readonly DeniedField[];
}

/**
 * Runs one more query for the same caller, with its rights and within its deadline, and applies no fallbacks to it. Its
 * fragments are inline, and its variables those of the first one that it uses.
 */
export type RunAgain = (document: DocumentNode) => Promise<ExecutionResult>;

export interface DegradedResult extends ExecutionResult {
  /** For `extensions.degraded`; at most mostListed of them. */
  readonly degraded: readonly Degraded[];
}

export interface Degraded {
  readonly path: readonly (string | number)[];
  /** The code of the error that the client would have got. */
  readonly reason: string;
  readonly used: 'omitted' | 'lastKnown' | 'provider' | 'default';
  /** Of a last known value. */
  readonly ageMs?: number;
}
