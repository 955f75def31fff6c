// What a plan is compiled to: made by compile-executable.ts, run by execute/.
import type { KeyRename } from '../planner/plan.ts';
import type { Merge } from './find-merges.ts';
import type { Collector, Projector } from './generate-code.ts';
import type { Introspection } from './introspection.ts';
import type { Link } from './place.ts';
import type { WriteRepresentation } from './representation.ts';
import type { Shape } from './shape.ts';
import type { PathWalk } from './walk-path.ts';

export interface CompiledOperation {
  readonly root: CompiledNode | undefined;
  readonly lookups: number;
  readonly links: number;
  readonly shape: Shape;
  /** Undefined until it is made, and where generated code is forbidden; the exact projector then does all. */
  project: Projector | undefined;
  readonly introspection: Introspection | undefined;
  readonly clientKey: (key: string) => string;
  readonly isInterface: (typeName: string) => boolean;
  /** Of the supergraph, inaccessible ones included. */
  readonly isObjectType: (name: unknown) => boolean;
}

export type CompiledNode =
  | { readonly kind: 'sequence' | 'parallel'; readonly nodes: readonly CompiledNode[] }
  | CompiledRootFetch
  | CompiledEntityFetch;

/** What of a request is the same each time. */
export interface PreparedRequest {
  readonly subgraph: string;
  /** `{"query":"…","variables":{`, or all of it where there are no variables. */
  readonly head: string;
  readonly variables: readonly PreparedVariable[];
}

export interface PreparedVariable {
  readonly name: string;
  /** `"name":` */
  readonly key: string;
}

export interface CompiledRootFetch extends PreparedRequest {
  readonly kind: 'root';
  readonly operationKind: 'query' | 'mutation';
  /** Response keys that it brings. */
  readonly keys: readonly string[];
  readonly renames: readonly KeyRename[];
  /** What is merged when it brings a key that is there already. */
  readonly merges: readonly Merge[];
}

export interface CompiledEntityFetch extends PreparedRequest {
  readonly kind: 'entities';
  readonly lookups: readonly CompiledLookup[];
  /** What is merged when it has answered. */
  readonly merges: readonly Merge[];
}

export interface CompiledLookup {
  readonly id: number;
  readonly alias: string;
  readonly renames: readonly KeyRename[];
  /** `"representations":` */
  readonly variableKey: string;
  readonly links: readonly CompiledLink[];
}

export interface CompiledLink {
  readonly link: Link;
  /** This link among those of its lookup: the bit in EntityRecord.linkedBy. */
  readonly bit: number;
  readonly walk: PathWalk;
  /** The same from the root of the response, for saying where in it an entity stands. */
  readonly walkFromRoot: PathWalk;
  /** Undefined: objects of this type are not asked for. */
  writerFor(typeName: string): WriteRepresentation | undefined;
  /** The same as generated code; undefined until it is made, and where there is none. */
  collect: Collector | undefined;
}
