// The documents that the newest shipped version of a client asks, with the ids that it sends instead of their texts.
import { readdirSync, readFileSync } from 'node:fs';

interface PublishedDocument {
  readonly sha256: string;
  readonly text: string;
}

type Manifest = Readonly<Record<string, { readonly name: string; readonly document: string }>>;

function publishedDocuments(bff: 'bff-web' | 'bff-mobile'): ReadonlyMap<string, PublishedDocument> {
  const folder = new URL(`../${bff}/manifests/`, import.meta.url);
  const [newest] = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted((one, other) => other.localeCompare(one, 'en', { numeric: true }));
  const manifest = JSON.parse(readFileSync(new URL(newest ?? '', folder), 'utf8')) as Manifest;
  return new Map(
    Object.entries(manifest).map(([sha256, { name, document }]) => [name, { sha256, text: document }]),
  );
}

export function documentNamed(bff: 'bff-web' | 'bff-mobile', name: string): PublishedDocument {
  const document = publishedDocuments(bff).get(name);
  if (document === undefined) throw new Error(`${bff} publishes no ${name}`);
  return document;
}
