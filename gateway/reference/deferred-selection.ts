// The client's own selection of a deferred part. The plan has one too, but without what the caller may not see, since
// that is never planned; yet the client is to be told of it.
import {
  Kind,
  type DocumentNode,
  type InlineFragmentNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { DeferredPart } from '../planner/plan.ts';

interface ClientPart {
  /** Response keys from the root. */
  readonly path: string;
  readonly label: string | undefined;
  readonly fragment: InlineFragmentNode;
}

/** Of the parts of a normalised document; undefined where several could be meant. */
export function clientSelections(
  document: DocumentNode,
): (part: DeferredPart) => SelectionSetNode | undefined {
  const parts: ClientPart[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) collect(parts, definition.selectionSet, []);
  }
  return (part) => {
    const path = pathText(part.path.flatMap((segment) => (segment.kind === 'field' ? segment.name : [])));
    const [only, another] = parts.filter((one) => one.path === path && one.label === part.label);
    return only === undefined || another !== undefined ? undefined : withoutParts(only.fragment.selectionSet);
  };
}

function collect(parts: ClientPart[], { selections }: SelectionSetNode, keys: readonly string[]): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      if (selection.selectionSet === undefined) continue;
      collect(parts, selection.selectionSet, [...keys, selection.alias?.value ?? selection.name.value]);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const defer = deferOf(selection);
      if (defer !== undefined) {
        const label = defer.arguments?.find(({ name }) => name.value === 'label')?.value;
        const text = label?.kind === Kind.STRING ? label.value : undefined;
        parts.push({ path: pathText(keys), label: text, fragment: selection });
      }
      collect(parts, selection.selectionSet, keys);
    }
  }
}

/** What is deferred within comes by itself. */
function withoutParts({ selections, ...rest }: SelectionSetNode): SelectionSetNode {
  const kept = selections.flatMap((selection): readonly SelectionNode[] => {
    if (selection.kind === Kind.INLINE_FRAGMENT && deferOf(selection) !== undefined) return [];
    if (selection.kind === Kind.FRAGMENT_SPREAD || selection.selectionSet === undefined) return [selection];
    return [{ ...selection, selectionSet: withoutParts(selection.selectionSet) }];
  });
  return { ...rest, selections: kept };
}

function deferOf({ directives }: InlineFragmentNode) {
  return directives?.find(({ name }) => name.value === 'defer');
}

function pathText(keys: readonly string[]): string {
  return keys.join('.');
}
