// What the bank's applications ask, as their BFFs' published manifests say: `<folder>/<version>.json`, the SHA-256 of a
// document → its text. The gateway makes their plans before it serves, and before a new supergraph goes live.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getOperationAST, OperationTypeNode, parse } from 'graphql';
import type { KnownDocument } from '../engine-options.ts';

/** Their folders, with a comma between them; read anew each time, since a version may have been published meanwhile. */
export async function readKnownDocuments(folders: string): Promise<KnownDocument[]> {
  const paths = folders.split(',').filter((path) => path !== '');
  const texts = new Set((await Promise.all(paths.map(textsIn))).flat());
  return [...texts].filter(isServedHere).map((text) => ({ text, operationName: undefined }));
}

async function textsIn(folder: string): Promise<string[]> {
  // The newest versions first: what is left when the time for warming has run out is the oldest.
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  const newestFirst = files.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const manifests = await Promise.all(newestFirst.map((file) => readFile(join(folder, file), 'utf8')));
  return manifests.flatMap((text) =>
    Object.values(JSON.parse(text) as Readonly<Record<string, { readonly document: string }>>).map(
      ({ document }) => document,
    ),
  );
}

/** A BFF serves subscriptions by query twins of its own making, which the gateway comes to know when they are asked. */
function isServedHere(text: string): boolean {
  return getOperationAST(parse(text))?.operation !== OperationTypeNode.SUBSCRIPTION;
}
