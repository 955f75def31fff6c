// A federated supergraph while it is made up: types as they are as a whole (specs), and which of them each subgraph
// defines with which fields (drafts). print-subgraph.ts turns it into SDL.

export interface ArgumentSpec {
  readonly name: string;
  readonly type: string;
  /** As a literal. */
  readonly defaultValue?: string;
}

export interface FieldSpec {
  readonly name: string;
  /** As written, `[Product!]!`. */
  readonly type: string;
  readonly args: readonly ArgumentSpec[];
}

export interface ObjectSpec {
  readonly kind: 'entity' | 'value';
  readonly name: string;
  /** Field sets that may serve as keys; empty for value types. */
  readonly keys: readonly string[];
  readonly fields: Map<string, FieldSpec>;
}

export interface InterfaceSpec {
  readonly kind: 'interface';
  readonly name: string;
  readonly fields: Map<string, FieldSpec>;
  readonly implementers: readonly string[];
  /** It has a key, so that other subgraphs may add fields to all of its implementers at once. */
  readonly isEntity: boolean;
}

export interface UnionSpec {
  readonly kind: 'union';
  readonly name: string;
  readonly members: readonly string[];
}

export interface EnumSpec {
  readonly kind: 'enum';
  readonly name: string;
  readonly values: readonly string[];
  /** Decides how it may differ: as output it is joined, as input intersected, as both it must be the same. */
  readonly use: 'output' | 'input' | 'both';
}

export interface InputSpec {
  readonly kind: 'input';
  readonly name: string;
  readonly fields: readonly ArgumentSpec[];
  /** Only some subgraphs have it, so no client can give it. */
  readonly oddField: ArgumentSpec | undefined;
}

export interface ScalarSpec {
  readonly kind: 'scalar';
  readonly name: string;
}

export type TypeSpec = ObjectSpec | InterfaceSpec | UnionSpec | EnumSpec | InputSpec | ScalarSpec;

export interface FieldDraft {
  readonly spec: FieldSpec;
  /** Where this subgraph writes it otherwise: without a `!` that others have. */
  type?: string | undefined;
  isExternal: boolean;
  /** External, but answered where a @provides says so. */
  isProvided?: boolean | undefined;
  readonly directives: string[];
}

export interface ObjectDraft {
  readonly kind: 'object' | 'interface';
  readonly name: string;
  readonly keys: Map<string, { isResolvable: boolean }>;
  readonly interfaces: Set<string>;
  readonly fields: Map<string, FieldDraft>;
  readonly directives: Set<string>;
}

export type TypeDraft =
  | ObjectDraft
  | { readonly kind: 'union'; readonly name: string; readonly members: Set<string> }
  | { readonly kind: 'enum'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'input'; readonly name: string; readonly fields: readonly ArgumentSpec[] }
  | { readonly kind: 'scalar'; readonly name: string };

export interface SubgraphDraft {
  readonly name: string;
  /** Without @link: everything of value types is shared, extensions are written as such. */
  readonly isFederation1: boolean;
  readonly types: Map<string, TypeDraft>;
}

export interface Draft {
  readonly specs: Map<string, TypeSpec>;
  readonly subgraphs: readonly SubgraphDraft[];
}

export function namedOf(type: string): string {
  return type.replaceAll(/[[\]!]/g, '');
}

export function objectIn(subgraph: SubgraphDraft, name: string): ObjectDraft | undefined {
  const type = subgraph.types.get(name);
  return type?.kind === 'object' || type?.kind === 'interface' ? type : undefined;
}

/** Whether the subgraph answers the field itself. */
export function serves(subgraph: SubgraphDraft, typeName: string, field: string): boolean {
  const found = objectIn(subgraph, typeName)?.fields.get(field);
  return found !== undefined && !found.isExternal;
}

/** Subgraphs in which the type may be entered by a key. */
export function homesOf({ subgraphs }: Draft, typeName: string): SubgraphDraft[] {
  return subgraphs.filter((subgraph) =>
    [...(objectIn(subgraph, typeName)?.keys.values() ?? [])].some(({ isResolvable }) => isResolvable),
  );
}

export function objectSpec({ specs }: Draft, name: string): ObjectSpec {
  const spec = specs.get(name);
  if (spec?.kind !== 'entity' && spec?.kind !== 'value') throw new Error(`${name} is no object type`);
  return spec;
}

export function objectSpecs({ specs }: Draft): ObjectSpec[] {
  return [...specs.values()].filter(
    (spec): spec is ObjectSpec => spec.kind === 'entity' || spec.kind === 'value',
  );
}
