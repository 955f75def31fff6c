// The documents that the client's builds were made with: a BFF's `manifests/<version>.json`, each the SHA-256 of a
// document's exact text → its name and text. Every version that was shipped stays, since phones keep old ones for years.
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TrustedDocuments {
  /** The text whose SHA-256 in hex this is. */
  get(sha256: string): string | undefined;
  has(text: string): boolean;
}

export const noTrustedDocuments: TrustedDocuments = { get: () => undefined, has: () => false };

type Manifest = Readonly<Record<string, { readonly document: string }>>;

/** Read once, at the start. Throws for a folder without a manifest and for a document that is not the text of its hash. */
export function readTrustedDocuments(folder: string): TrustedDocuments {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  if (files.length === 0) throw new Error(`there is no manifest in ${folder}`);
  const texts = new Map<string, string>();
  for (const file of files) {
    const manifest = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Manifest;
    for (const [sha256, { document }] of Object.entries(manifest)) {
      if (hash('sha256', document) !== sha256) {
        throw new Error(`${join(folder, file)}: the document of ${sha256} is another text`);
      }
      texts.set(sha256, document);
    }
  }
  const all = new Set(texts.values());
  return { get: (sha256) => texts.get(sha256), has: (text) => all.has(text) };
}
