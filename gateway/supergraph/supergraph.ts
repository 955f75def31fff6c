// What the engine itself reads of a supergraph: which subgraphs there are, which types are what, which keys an entity
// has where. The planner reads the rest.
import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { ExternalFields } from './read-external.ts';

export interface Subgraph {
  /** As its authors call it; plans use this name. */
  readonly name: string;
  readonly url: string | undefined;
}

export interface Supergraph {
  readonly sdl: string;
  readonly document: DocumentNode;
  /** All types with inaccessible ones, without join__ and link__ types; directives of the schema are left on the AST nodes. */
  readonly fullSchema: GraphQLSchema;
  readonly subgraphs: readonly Subgraph[];
  /** Of all object types and interfaces. */
  readonly fieldNames: ReadonlySet<string>;
  /** `Type.field` of fields with an argument that comes from an object above (@fromContext). */
  readonly contextFields: ReadonlySet<string>;
  readonly external: ExternalFields;
  /** Interfaces that some subgraph knows as an object only (@interfaceObject). */
  readonly interfaceObjects: ReadonlySet<string>;
  /** Names of the object types that an interface, union or object type stands for at run time. */
  possibleTypes(typeName: string): ReadonlySet<string>;
  /** Whether the subgraph knows the interface as an object only, whose `__typename` is then the interface's name. */
  isInterfaceObject(subgraph: string, typeName: string): boolean;
  /** Top-level field names of all keys by which the subgraph knows this type; empty when it is no entity there. */
  keyFields(subgraph: string, typeName: string): ReadonlySet<string>;
  /** The same key by key. */
  keys(subgraph: string, typeName: string): readonly EntityKey[];
}

export interface EntityKey {
  /** Names of its top-level fields. */
  readonly fields: ReadonlySet<string>;
  /** Whether the subgraph can be asked for entities by it. */
  readonly isResolvable: boolean;
}
