// Which call of which field each response key of the merged response stands for. Planners sometimes put two under one key,
// or send a required field that the client asked for with other arguments: then another planner may do better.
import { Kind, type SelectionSetNode } from 'graphql';
import { callText } from '../planner/fetch-operation.ts';
import type { RequiredField, RequiredSelection } from '../planner/plan.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { Place, PlaceField } from './place.ts';

/** What a fetch asks for under a response key, and of which objects. */
export interface Call {
  readonly text: string;
  /** From the root down to the object itself: the types that can stand at each place on the way. */
  readonly chain: readonly ReadonlySet<string>[];
}

export interface AskedEntities {
  readonly subgraph: string;
  readonly requires: readonly RequiredSelection[];
}

interface Standing {
  readonly place: Place;
  readonly typeName: string;
}

export class CallNotes {
  /** The first mistake. */
  mixedUp: string | undefined;
  readonly #supergraph: Supergraph;
  readonly #calls = new Map<PlaceField, Call[]>();

  constructor(supergraph: Supergraph) {
    this.#supergraph = supergraph;
  }

  /** Two calls are mixed up when they differ and some object could be asked for both. */
  note(field: PlaceField, call: Call): void {
    const known = this.#calls.get(field) ?? [];
    const other = known.find(
      ({ text, chain }) =>
        text !== call.text &&
        chain.every((types, depth) => !(call.chain[depth]?.isDisjointFrom(types) ?? true)),
    );
    if (other !== undefined) this.mixedUp ??= `${field.key}: ${other.text} and ${call.text}`;
    this.#calls.set(field, [...known, call]);
  }

  /** A field that needs another one with certain arguments must not get what the client asked for with others. */
  checkRequired(asked: AskedEntities, at: Standing, field: string): void {
    const needed = this.#supergraph.external.requires(asked.subgraph, at.typeName, field);
    const wrong = needed === undefined ? undefined : this.#wrongSource(needed, asked.requires, at);
    if (wrong !== undefined) this.mixedUp ??= `${at.typeName}.${field} is sent ${wrong}`;
  }

  #wrongSource(
    { selections }: SelectionSetNode,
    sent: readonly RequiredSelection[],
    at: Standing,
  ): string | undefined {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const typeName = selection.typeCondition?.name.value ?? at.typeName;
        const wrong = this.#wrongSource(selection.selectionSet, sent, { ...at, typeName });
        if (wrong !== undefined) return wrong;
        continue;
      }
      const wanted = callText(selection);
      for (const field of this.#sent(sent, selection.name.value, at.typeName)) {
        const entry = at.place.fields.get(field.source);
        const calls = entry === undefined ? [] : (this.#calls.get(entry) ?? []);
        if (calls.length > 0 && !calls.some(({ text }) => text === wanted)) {
          return `${calls[0]?.text ?? field.source} instead of ${wanted}`;
        }
        if (selection.selectionSet === undefined || entry?.child === undefined) continue;
        const [typeName = at.typeName] = entry.child.typeNames;
        const inner = { place: entry.child, typeName };
        const wrong = this.#wrongSource(selection.selectionSet, field.selections ?? [], inner);
        if (wrong !== undefined) return wrong;
      }
    }
    return undefined;
  }

  /** Those that a representation of this type has under the name. */
  #sent(sent: readonly RequiredSelection[], name: string, typeName: string): RequiredField[] {
    return sent.flatMap((selection) => {
      if (selection.kind === 'field') return selection.name === name ? [selection] : [];
      const { typeCondition } = selection;
      const isMet =
        typeCondition === undefined || !this.#types(typeCondition).isDisjointFrom(this.#types(typeName));
      return isMet ? this.#sent(selection.selections, name, typeName) : [];
    });
  }

  #types(name: string): Set<string> {
    return new Set([name, ...this.#supergraph.possibleTypes(name)]);
  }
}
