// Makes the SDLs of a failing case smaller: subgraphs, types, fields, directives, one at a time, as long as they compose,
// the monolith answers as before, and the case fails in the same way.
import { Kind, parse, print, visit, type ASTNode, type DocumentNode } from 'graphql';
import type { Sdls } from './facts.ts';
import { shrink } from './shrink.ts';

/** Tries of one shrinking: each composes and loads two planners. */
const mostTries = 500;

export async function shrinkSubgraphs(
  sdls: Sdls,
  stillFails: (sdls: Sdls) => Promise<boolean>,
): Promise<Sdls> {
  return shrink(sdls, smallerSdls, stillFails, mostTries);
}

function* smallerSdls(sdls: Sdls): Generator<Sdls> {
  const names = Object.keys(sdls);
  if (names.length > 1) {
    for (const name of names)
      yield Object.fromEntries(Object.entries(sdls).filter(([other]) => other !== name));
  }
  const documents = new Map(names.map((name) => [name, parse(sdls[name] ?? '', { noLocation: true })]));
  for (const field of fieldNames(documents)) yield withoutField(sdls, documents, field);
  for (const [name, document] of documents) {
    for (const node of removable(document)) {
      const text = print(visit(document, { enter: (other) => (other === node ? null : undefined) }));
      yield { ...sdls, [name]: text };
    }
  }
}

function fieldNames(documents: ReadonlyMap<string, DocumentNode>): Set<string> {
  const names = new Set<string>();
  for (const document of documents.values()) {
    for (const node of document.definitions) {
      if (!isFielded(node)) continue;
      for (const field of node.fields ?? []) names.add(`${node.name.value}.${field.name.value}`);
    }
  }
  return names;
}

/** From all subgraphs at once. */
function withoutField(sdls: Sdls, documents: ReadonlyMap<string, DocumentNode>, wanted: string): Sdls {
  const entries = [...documents].map(([name, document]) => {
    let isChanged = false;
    const changed = visit(document, {
      enter(node) {
        if (!isFielded(node)) return undefined;
        const fields =
          node.fields?.filter((field) => `${node.name.value}.${field.name.value}` !== wanted) ?? [];
        if (fields.length === node.fields?.length) return undefined;
        isChanged = true;
        return fields.length === 0 ? null : ({ ...node, fields } as ASTNode);
      },
    });
    return [name, isChanged ? print(changed) : (sdls[name] ?? '')];
  });
  return Object.fromEntries(entries) as Sdls;
}

function isFielded(node: ASTNode) {
  return (
    node.kind === Kind.OBJECT_TYPE_DEFINITION ||
    node.kind === Kind.OBJECT_TYPE_EXTENSION ||
    node.kind === Kind.INTERFACE_TYPE_DEFINITION
  );
}

/** Definitions, fields and directives; not members and values, of which the data may hold some. */
function removable(document: DocumentNode): ASTNode[] {
  const found: ASTNode[] = [];
  visit(document, {
    enter(node) {
      if (
        node.kind === Kind.FIELD_DEFINITION ||
        node.kind === Kind.DIRECTIVE ||
        (node.kind.endsWith('TypeDefinition') && 'name' in node)
      ) {
        found.push(node);
      }
      return node.kind === Kind.SCHEMA_EXTENSION ? false : undefined;
    },
  });
  return found;
}
