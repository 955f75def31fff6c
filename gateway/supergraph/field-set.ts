// Federation's FieldSet scalar: a selection set without its braces, such as `id organization { id }`.
import { Kind, parse, type SelectionSetNode } from 'graphql';

export function parseFieldSet(text: string): SelectionSetNode {
  const trimmed = text.trim();
  const source = trimmed.startsWith('{') ? trimmed : `{${trimmed}}`;
  const [definition] = parse(source, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`not a field set: ${text}`);
  return definition.selectionSet;
}

export function topLevelFields(text: string): string[] {
  return parseFieldSet(text).selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.name.value] : [],
  );
}
