// What the subgraphs' SDLs say together: who serves which field, what it requires, which types stand for an abstract one.
// Data, subgraphs, monolith and faults all follow from it, so that a written case needs its SDLs and its data only.
import {
  Kind,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type SelectionNode,
  type TypeNode,
} from 'graphql';
import { parseFieldSet } from '../supergraph/field-set.ts';
import { readSubgraph, type SubgraphFacts } from './subgraph-facts.ts';

export interface Serving {
  readonly subgraph: string;
  readonly type: TypeNode;
  readonly isExternal: boolean;
  /** Another subgraph has taken the field over with @override. */
  readonly isOverridden: boolean;
  readonly requires: readonly SelectionNode[] | undefined;
  readonly provides: readonly SelectionNode[] | undefined;
  readonly node: FieldDefinitionNode;
}

export interface FieldCall {
  readonly requires: readonly SelectionNode[] | undefined;
  readonly isText: boolean;
  readonly defaults: Readonly<Record<string, unknown>>;
}

export type Sdls = Readonly<Record<string, string>>;

export class Facts {
  readonly subgraphs: ReadonlyMap<string, SubgraphFacts>;
  readonly #servings = new Map<string, Serving[]>();
  readonly #calls = new Map<string, FieldCall>();
  readonly #possible = new Map<string, ReadonlySet<string>>();

  constructor(sdls: Sdls) {
    this.subgraphs = new Map(Object.entries(sdls).map(([name, sdl]) => [name, readSubgraph(name, sdl)]));
  }

  /** Names of all object types, without those that only stand for an interface. */
  get objectTypes(): Set<string> {
    const names = new Set<string>();
    for (const { objects, interfaceObjects } of this.subgraphs.values()) {
      for (const name of objects.keys()) if (!interfaceObjects.has(name)) names.add(name);
    }
    return names;
  }

  /** Concrete types that a name stands for in any subgraph. */
  possible(name: string): ReadonlySet<string> {
    let found = this.#possible.get(name);
    if (found === undefined) {
      const all = [...this.subgraphs.values()].flatMap((subgraph) =>
        subgraph.interfaceObjects.has(name) ? [] : [...subgraph.possible(name)],
      );
      this.#possible.set(name, (found = new Set(all)));
    }
    return found;
  }

  isPossible(condition: string, typeName: string): boolean {
    return condition === typeName || this.possible(condition).has(typeName);
  }

  /** Also those of a subgraph in which the type goes by an interface's name. */
  servings(typeName: string, field: string): readonly Serving[] {
    const key = `${typeName}.${field}`;
    let found = this.#servings.get(key);
    if (found === undefined) {
      found = [...this.subgraphs.values()].flatMap((subgraph) =>
        [typeName, ...subgraph.interfaceObjects]
          .filter((name) => name === typeName || this.isPossible(name, typeName))
          .flatMap((name) => {
            const node = subgraph.objects.get(name)?.get(field);
            return node === undefined ? [] : [this.#servingOf(subgraph, name, node)];
          }),
      );
      this.#servings.set(key, found);
    }
    return found;
  }

  fieldNames(typeName: string): Set<string> {
    const names = new Set<string>();
    for (const subgraph of this.subgraphs.values()) {
      for (const name of [typeName, ...subgraph.interfaceObjects]) {
        if (name !== typeName && !this.isPossible(name, typeName)) continue;
        for (const field of subgraph.objects.get(name)?.keys() ?? []) names.add(field);
      }
    }
    return names;
  }

  call(typeName: string, field: string): FieldCall {
    const key = `${typeName}.${field}`;
    let found = this.#calls.get(key);
    if (found === undefined) {
      const servings = this.servings(typeName, field);
      const [first] = servings;
      found = {
        requires: servings.find(({ requires }) => requires !== undefined)?.requires,
        isText: first !== undefined && namedType(first.type) === 'String',
        defaults: Object.fromEntries(
          (first?.node.arguments ?? []).flatMap(({ name, defaultValue }) =>
            defaultValue === undefined ? [] : [[name.value, valueFromASTUntyped(defaultValue)]],
          ),
        ),
      };
      this.#calls.set(key, found);
    }
    return found;
  }

  #servingOf(subgraph: SubgraphFacts, typeName: string, node: FieldDefinitionNode): Serving {
    const field = node.name.value;
    const isOverridden = [...this.subgraphs.values()].some(
      (other) =>
        argumentOf(
          other.objects
            .get(typeName)
            ?.get(field)
            ?.directives?.find(({ name }) => name.value === 'override'),
          'from',
        ) === subgraph.name,
    );
    return {
      subgraph: subgraph.name,
      type: node.type,
      isExternal: has(node, 'external') && !subgraph.isKeyField(typeName, field),
      isOverridden,
      requires: fieldSetOf(node, 'requires'),
      provides: fieldSetOf(node, 'provides'),
      node,
    };
  }
}

function has(node: { readonly directives?: readonly ConstDirectiveNode[] }, name: string): boolean {
  return node.directives?.some((directive) => directive.name.value === name) ?? false;
}

export function argumentOf(directive: ConstDirectiveNode | undefined, name: string): string | undefined {
  const value = directive?.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

export function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

function fieldSetOf(node: FieldDefinitionNode, directive: string): readonly SelectionNode[] | undefined {
  const text = argumentOf(
    node.directives?.find(({ name }) => name.value === directive),
    'fields',
  );
  return text === undefined ? undefined : parseFieldSet(text).selections;
}
