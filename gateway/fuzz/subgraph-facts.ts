// One subgraph's SDL as the fuzzer needs it: definitions and extensions together, keys, members, values.
import {
  Kind,
  parse,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type SelectionNode,
} from 'graphql';
import { parseFieldSet } from '../supergraph/field-set.ts';

export interface SubgraphFacts {
  readonly name: string;
  readonly document: DocumentNode;
  /** Fields of object types, Query and Mutation too, by type. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, FieldDefinitionNode>>;
  /** Object types here that are interfaces elsewhere. */
  readonly interfaceObjects: ReadonlySet<string>;
  /** Selections of each key, of object types and interfaces. */
  readonly keys: ReadonlyMap<string, readonly KeyFacts[]>;
  /** Values of each enum. */
  readonly enums: ReadonlyMap<string, readonly string[]>;
  readonly abstractTypes: ReadonlySet<string>;
  isKeyField(typeName: string, field: string): boolean;
  /** Object types that the name stands for here. */
  possible(name: string): ReadonlySet<string>;
}

export interface KeyFacts {
  readonly selections: readonly SelectionNode[];
  readonly isResolvable: boolean;
}

export function readSubgraph(name: string, sdl: string): SubgraphFacts {
  const document = parse(sdl, { noLocation: true });
  const objects = new Map<string, Map<string, FieldDefinitionNode>>();
  const interfaceObjects = new Set<string>();
  const keys = new Map<string, KeyFacts[]>();
  const enums = new Map<string, string[]>();
  const members = new Map<string, Set<string>>();
  const abstractTypes = new Set<string>();
  const addMember = (abstract: string, member: string) =>
    members.set(abstract, (members.get(abstract) ?? new Set()).add(member));
  for (const node of document.definitions) {
    switch (node.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.OBJECT_TYPE_EXTENSION: {
        const typeName = node.name.value;
        const fields = objects.get(typeName) ?? new Map<string, FieldDefinitionNode>();
        for (const field of node.fields ?? []) fields.set(field.name.value, field);
        objects.set(typeName, fields);
        for (const { name: abstract } of node.interfaces ?? []) addMember(abstract.value, typeName);
        if (node.directives?.some((directive) => directive.name.value === 'interfaceObject')) {
          interfaceObjects.add(typeName);
        }
        keys.set(typeName, [...(keys.get(typeName) ?? []), ...keysOf(node.directives)]);
        break;
      }
      case Kind.INTERFACE_TYPE_DEFINITION:
        abstractTypes.add(node.name.value);
        keys.set(node.name.value, keysOf(node.directives));
        break;
      case Kind.UNION_TYPE_DEFINITION:
        abstractTypes.add(node.name.value);
        for (const { name: member } of node.types ?? []) addMember(node.name.value, member.value);
        break;
      case Kind.ENUM_TYPE_DEFINITION:
        enums.set(
          node.name.value,
          (node.values ?? []).map((value) => value.name.value),
        );
        break;
      default:
    }
  }
  const keyFields = new Set(
    [...keys].flatMap(([typeName, all]) => all.flatMap((key) => keyed(typeName, key))),
  );
  return {
    name,
    document,
    objects,
    interfaceObjects,
    keys,
    enums,
    abstractTypes,
    isKeyField: (typeName, field) => keyFields.has(`${typeName}.${field}`),
    possible: (typeName) => members.get(typeName) ?? new Set(objects.has(typeName) ? [typeName] : []),
  };
}

function keysOf(directives: readonly ConstDirectiveNode[] = []): KeyFacts[] {
  return directives.flatMap(({ name, arguments: given = [] }) => {
    if (name.value !== 'key') return [];
    const fields = given.find((argument) => argument.name.value === 'fields')?.value;
    const resolvable = given.find((argument) => argument.name.value === 'resolvable')?.value;
    return fields?.kind === Kind.STRING
      ? [
          {
            selections: parseFieldSet(fields.value).selections,
            isResolvable: !(resolvable?.kind === Kind.BOOLEAN && !resolvable.value),
          },
        ]
      : [];
  });
}

/** Only the top level of a key: what stands deeper belongs to other types. */
function keyed(typeName: string, { selections }: KeyFacts): string[] {
  return selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [`${typeName}.${selection.name.value}`] : [],
  );
}
