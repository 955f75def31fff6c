// The bank's own supergraph with the operations that its BFFs send (bank-operations.graphql, bank-twins.graphql). All of it
// is read as text, since the gateway knows nothing of the bank.
import { readFile } from 'node:fs/promises';
import { Kind, parse } from 'graphql';
import type { PlannedSupergraph } from './planning-times.ts';

export async function bankSupergraph(): Promise<PlannedSupergraph> {
  const read = (file: string) => readFile(new URL(file, import.meta.url), 'utf8');
  const documents = await Promise.all([read('./bank-operations.graphql'), read('./bank-twins.graphql')]);
  return { sdl: await read('../../schema/supergraph.graphql'), operations: documents.flatMap(operationsOf) };
}

function operationsOf(text: string): PlannedSupergraph['operations'] {
  return parse(text).definitions.map((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) throw new Error('operations only');
    const { name, loc } = definition;
    return { name: name?.value ?? '', text: text.slice(loc?.start, loc?.end) };
  });
}
