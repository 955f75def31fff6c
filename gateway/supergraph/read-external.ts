// Which fields a subgraph has only as @external, and which of its fields provide or require them: read from join__field.
import { Kind, visit, type DocumentNode, type SelectionSetNode } from 'graphql';
import { graphArgument, isArgumentTrue, stringArgument } from './directive-arguments.ts';
import { parseFieldSet } from './field-set.ts';

export interface ExternalFields {
  /** Whether the subgraph resolves the field only where a field above provides it. */
  isExternal(subgraph: string, typeName: string, field: string): boolean;
  /** What the field provides below itself in this subgraph. */
  provides(subgraph: string, typeName: string, field: string): SelectionSetNode | undefined;
  /** What the field needs of its object from other subgraphs. */
  requires(subgraph: string, typeName: string, field: string): SelectionSetNode | undefined;
  /** Names of fields that some @requires calls. */
  readonly required: ReadonlySet<string>;
  /** Names of fields that some @requires calls with arguments. */
  readonly requiredWithArguments: ReadonlySet<string>;
}

/** `nameOf`: a subgraph's name by its value of join__Graph. */
export function readExternalFields(
  document: DocumentNode,
  nameOf: (graph: string) => string | undefined,
): ExternalFields {
  const external = new Set<string>();
  const provided = new Map<string, SelectionSetNode>();
  const required = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
    ) {
      continue;
    }
    for (const field of definition.fields ?? []) {
      for (const applied of field.directives ?? []) {
        if (applied.name.value !== 'join__field') continue;
        const subgraph = nameOf(graphArgument(applied) ?? '');
        if (subgraph === undefined) continue;
        const key = keyOf(subgraph, definition.name.value, field.name.value);
        if (isArgumentTrue(applied, 'external')) external.add(key);
        const provides = stringArgument(applied, 'provides');
        if (provides !== undefined) provided.set(key, parseFieldSet(provides));
        const requires = stringArgument(applied, 'requires');
        if (requires !== undefined) required.set(key, parseFieldSet(requires));
      }
    }
  }
  const names = new Set<string>();
  const requiredWithArguments = new Set<string>();
  for (const set of required.values()) {
    visit(set, {
      Field({ name, arguments: given = [] }) {
        names.add(name.value);
        if (given.length > 0) requiredWithArguments.add(name.value);
      },
    });
  }
  return {
    required: names,
    requiredWithArguments,
    isExternal: (subgraph, typeName, field) => external.has(keyOf(subgraph, typeName, field)),
    provides: (subgraph, typeName, field) => provided.get(keyOf(subgraph, typeName, field)),
    requires: (subgraph, typeName, field) => required.get(keyOf(subgraph, typeName, field)),
  };
}

function keyOf(subgraph: string, typeName: string, field: string): string {
  return `${subgraph}\n${typeName}.${field}`;
}
