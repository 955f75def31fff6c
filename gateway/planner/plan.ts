// The one plan type. Every planner adapter answers in it and everything after planning reads only it: passes, compiler,
// reference executor, --explain. What the planners leave to their executors (rewrites, aliases) is spelled out here.
//
// A plan never holds a condition: @skip and @include have been decided before planning (operation/normalise.ts).

export interface Plan {
  /** Undefined when no subgraph has to be asked, as for `{ __typename }`. */
  readonly root: PlanNode | undefined;
  /** Who made it; of a mutation, the planner that stood in for any field of it. */
  readonly plannedBy?: PlannerName;
}

export type PlannerName = 'native' | 'apollo';

export type PlanNode = RootFetch | EntityFetch | SequenceNode | ParallelNode | DeferNode;

/** One after the other, in this order. */
export interface SequenceNode {
  readonly kind: 'sequence';
  readonly nodes: readonly PlanNode[];
}

/** All at once. */
export interface ParallelNode {
  readonly kind: 'parallel';
  readonly nodes: readonly PlanNode[];
}

/** A request whose answer merges into the root of the response. */
export interface RootFetch {
  readonly kind: 'root';
  readonly subgraph: string;
  readonly operationKind: 'query' | 'mutation';
  /** The document that is sent, with exactly one operation. */
  readonly operation: string;
  /** Names of the client's variables that go along, without the dollar. */
  readonly variables: readonly string[];
  readonly outputRewrites: readonly KeyRename[];
  /**
   * Where objects stand that are the root again, as the `query` field of a mutation's payload: the answer merges into
   * each of them. Absent for the root itself.
   */
  readonly path?: EntityPath;
  /** What a deferred part waits for. */
  readonly id?: string;
}

/** One request with one or several `_entities` fields, each merged into the objects at its paths. Always a query. */
export interface EntityFetch {
  readonly kind: 'entities';
  readonly subgraph: string;
  readonly operation: string;
  readonly variables: readonly string[];
  readonly lookups: readonly EntityLookup[];
  readonly id?: string;
}

export interface EntityLookup {
  /** Response key of the `_entities` field in the operation. */
  readonly alias: string;
  /** The variable that takes the representations, without the dollar. */
  readonly representationsVariable: string;
  /** Where in the merged response the entities stand. Equal entities at several places are asked for once. */
  readonly paths: readonly EntityPath[];
  /** What a representation is made of, by type. */
  readonly requires: readonly RequiredFragment[];
  /** Applied to a representation before it is sent: an interface object is asked for by its interface's name. */
  readonly inputRewrites: readonly ValueSetter[];
  /** Applied to each entity as it comes, before it is merged. */
  readonly outputRewrites: readonly KeyRename[];
}

export type EntityPath = readonly PathSegment[];

export type PathSegment =
  /** Goes to this response key of the merged object. */
  | { readonly kind: 'field'; readonly name: string }
  /** Goes to every item of the list; a list of lists has one for each level. */
  | { readonly kind: 'items' }
  /** Stays, but only at objects whose `__typename` is one of these, or a concrete type of an interface named here. */
  | { readonly kind: 'types'; readonly names: readonly string[] };

export type RequiredSelection = RequiredField | RequiredFragment;

export interface RequiredField {
  readonly kind: 'field';
  /** The response key where it stands in the merged object. */
  readonly source: string;
  /** Its name in the representation. */
  readonly name: string;
  /** For objects and lists of objects. */
  readonly selections?: readonly RequiredSelection[];
}

export interface RequiredFragment {
  readonly kind: 'fragment';
  /** An object type, an interface, or a union of the supergraph; undefined when it always applies. */
  readonly typeCondition: string | undefined;
  readonly selections: readonly RequiredSelection[];
}

export type RewriteSegment =
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'types'; readonly names: readonly string[] };

/** Sets the value at the end of the path; lists on the way are gone through item by item. */
export interface ValueSetter {
  readonly path: readonly RewriteSegment[];
  readonly value: unknown;
}

/** Renames the key at the end of the path; lists on the way are gone through item by item. */
export interface KeyRename {
  readonly path: readonly RewriteSegment[];
  readonly to: string;
}

/** `@defer`: the primary part is answered first, then each deferred part when its fetches are done. */
export interface DeferNode {
  readonly kind: 'defer';
  readonly primary: {
    readonly node: PlanNode | undefined;
    /** The part of the client's selection that the first payload holds, as a selection set `{ … }`. */
    readonly selection: string | undefined;
  };
  readonly deferred: readonly DeferredPart[];
}

export interface DeferredPart {
  /** Ids of fetches that must have ended before. */
  readonly dependsOn: readonly string[];
  readonly label: string | undefined;
  /** Where in the response the part belongs: response keys, with lists gone through item by item, and type conditions. */
  readonly path: readonly PathSegment[];
  readonly selection: string | undefined;
  readonly node: PlanNode | undefined;
}
