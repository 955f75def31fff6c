// What a written case says: a query, the answer that a client must get, and what the subgraphs may be asked on the way.
import type { PlannerName } from './known-limits.ts';

export interface CorpusCase {
  /** A sentence about behaviour; known-limits.ts names cases by it. */
  readonly title: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Written by hand, keys in the order of the query. */
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly ExpectedError[];
  /** The code with which the operation is refused before anybody is asked; `data` is null then. */
  readonly refused?: string;
  /** Requests to each subgraph; one that is not named is not asked. Not checked when absent. */
  readonly requests?: RequestCounts;
  /** Where one planner goes another way that is right, too. */
  readonly requestsOf?: Partial<Readonly<Record<PlannerName, RequestCounts>>>;
  /** Subgraphs in the order in which their requests must come. */
  readonly order?: readonly string[];
  /** Field names that a subgraph must not be asked for. */
  readonly neverAsks?: Readonly<Record<string, readonly string[]>>;
  /** All representations that a subgraph gets, in any order. */
  readonly representations?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** Progressive @override of this request. */
  readonly override?: OverrideChoice;
  /** What a subgraph answers wrongly, whatever the data say. */
  readonly wrongAnswer?: WrongAnswer;
  /** Why the monolith answers otherwise; a case that says so and gets the same answer fails. */
  readonly unlikeMonolith?: string;
}

export interface ExpectedError {
  readonly path?: readonly (string | number)[];
  readonly code: string;
}

export type RequestCounts = Readonly<Record<string, number>>;

export interface OverrideChoice {
  readonly labels: readonly string[];
  /** 0 to 100: `percent(40)` is on for requests below 40. */
  readonly percentage: number;
}

export interface WrongAnswer {
  readonly subgraph: string;
  /** Where in the answer's data the value is put, response keys and indexes; skipped where the way ends early. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}
