// What is measured: a supergraph, subgraphs with data, requests with the answers that are right, and how they come.
import type { IResolvers } from './resolvers.ts';

export interface BenchRequest {
  /** JSON text of the POST. */
  readonly body: string;
  /** The right answer as JSON text; key order and white space are free. */
  readonly answer: string;
}

/** One subgraph: its schema as its authors write it, and what answers. */
export interface BenchSubgraph {
  readonly sdl: string;
  readonly resolvers: IResolvers;
}

export interface BenchSubgraphs {
  readonly subgraphs: Readonly<Record<string, BenchSubgraph>>;
  /** How long each answer takes, beyond what it costs. */
  readonly latencyMs: number;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What it is for and how it is built, for the page of results. */
  readonly about: string;
  /** The composed supergraph, its subgraphs at `http://subgraphs.invalid/<name>`. */
  readonly supergraph: string;
  /** Module that exports `openSubgraphs(source)`, and what it is given. */
  readonly subgraphModule: string;
  readonly subgraphSource: string;
  readonly requests: readonly BenchRequest[];
  readonly connections: number;
  /** Another authorization header with each request, so that no two may share anything; or all alike. */
  readonly authorization: 'each its own' | 'all the same';
  /** What it is compared with beside gateways: an echo server, or the same traffic without logic. */
  readonly floor: 'echo' | 'limit';
}
