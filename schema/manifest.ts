// A manifest is what one build of a client asks: a BFF's operations, each by the SHA-256 of its exact text. Clients
// stay on phones for years, so a manifest that was published is never changed and never removed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { GraphQLError, Kind, parse, Source, validate, type GraphQLSchema } from 'graphql';

/** The clients, by the folder of the BFF that serves them. */
export const consumers = ['bff-web', 'bff-mobile'] as const;

/** What stands in the file: the SHA-256 in hex of the document's exact text → the document. */
export type Manifest = Readonly<Record<string, { readonly name: string; readonly document: string }>>;

export interface PublishedOperation {
  readonly consumer: string;
  readonly version: string;
  /** The operation's name in its document. */
  readonly name: string;
  readonly document: string;
}

/** Nothing was published; the message says why, one line a reason. */
export class ManifestRefused extends Error {
  override readonly name = 'ManifestRefused';
}

const versionForm = /^\d+\.\d+\.\d+$/;

/** The operations of `<root>/<consumer>/operations`; throws ManifestRefused for each that the schema does not answer. */
export function readOperations(root: URL, consumer: string, schema: GraphQLSchema): Manifest {
  const folder = new URL(`${consumer}/operations/`, root);
  if (!existsSync(folder)) throw new ManifestRefused(`${consumer} has no folder operations`);
  const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'));
  const manifest: Record<string, { name: string; document: string }> = {};
  const reasons: string[] = [];
  const names = new Set<string>();
  for (const file of files.toSorted()) {
    const document = readFileSync(new URL(file, folder), 'utf8');
    const path = `${consumer}/operations/${file}`;
    const checked = checkDocument(schema, path, document);
    reasons.push(...checked.reasons);
    if (names.has(checked.name)) reasons.push(`${path}:1 a second operation ${checked.name}`);
    names.add(checked.name);
    manifest[hashOf(document)] = { name: checked.name, document };
  }
  if (reasons.length > 0) throw new ManifestRefused(reasons.join('\n'));
  return manifest;
}

/** One named operation a file, so that a report, a log line and a metric can name it. */
function checkDocument(schema: GraphQLSchema, path: string, text: string) {
  const at = (error: GraphQLError) => `${path}:${error.locations?.[0]?.line ?? 1} ${error.message}`;
  try {
    const parsed = parse(new Source(text, path));
    const [operation, ...others] = parsed.definitions.filter(
      ({ kind }) => kind === Kind.OPERATION_DEFINITION,
    );
    const name = operation?.kind === Kind.OPERATION_DEFINITION ? operation.name?.value : undefined;
    if (name === undefined || others.length > 0)
      return { name: path, reasons: [`${path}:1 must hold one operation, with a name`] };
    return { name, reasons: validate(schema, parsed).map(at) };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { name: path, reasons: [at(error)] };
  }
}

export function hashOf(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}

/** Writes `<root>/<consumer>/manifests/<version>.json`; the same contents again change nothing. */
export function publishManifest(
  root: URL,
  { consumer, version, manifest }: { consumer: string; version: string; manifest: Manifest },
): 'published' | 'already published' {
  if (!versionForm.test(version)) throw new ManifestRefused(`'${version}' is no version such as 1.2.0`);
  if (Object.keys(manifest).length === 0) throw new ManifestRefused(`${consumer} has no operations`);
  const folder = new URL(`${consumer}/manifests/`, root);
  const file = new URL(`${version}.json`, folder);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  if (existsSync(file)) {
    if (readFileSync(file, 'utf8') === text) return 'already published';
    throw new ManifestRefused(`${consumer} ${version} is published with other contents: take a new version`);
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text, { flag: 'wx' });
  return 'published';
}

/** Every operation of every version that was published; throws ManifestRefused for a document that was changed since. */
export function readPublished(root: URL): PublishedOperation[] {
  return consumers.flatMap((consumer) => {
    const folder = new URL(`${consumer}/manifests/`, root);
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
    return files.toSorted().flatMap((file) => {
      const manifest = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Manifest;
      return Object.entries(manifest).map(([hash, { name, document }]) => {
        if (hashOf(document) !== hash)
          throw new ManifestRefused(`${consumer}/manifests/${file}: ${name} is not the text of its hash`);
        return { consumer, version: file.slice(0, -'.json'.length), name, document };
      });
    });
  });
}
