// Trusted documents: the operations that a client's build has registered, by id. Read from a manifest, either a JSON map of
// id to document or Apollo's `apollo-persisted-query-manifest`. With them a server can refuse everything else.
import { readFile, stat } from 'node:fs/promises';

export interface TrustedDocuments {
  /** The text of the document with this id. */
  get(id: string): string | undefined;
  /** Whether the text is one of them. */
  has(text: string): boolean;
}

/** A manifest is a build's output; one larger than this is some other file. */
const mostManifestBytes = 64 * 1024 * 1024;
/** How often the file is looked at. */
const defaultPollMs = 5_000;

/** The text is no manifest; the message says why. */
export class ManifestInvalid extends Error {
  override readonly name = 'ManifestInvalid';
}

export function readManifest(text: string): TrustedDocuments {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (cause) {
    throw new ManifestInvalid('The manifest is not JSON.', { cause });
  }
  const byId = new Map<string, string>();
  for (const [id, body] of entriesOf(manifest)) {
    if (typeof id !== 'string' || id === '' || typeof body !== 'string' || body === '') {
      throw new ManifestInvalid(`The manifest's entry ${JSON.stringify(id)} is not an id with a document.`);
    }
    byId.set(id, body);
  }
  const texts = new Set(byId.values());
  return { get: (id) => byId.get(id), has: (document) => texts.has(document) };
}

function entriesOf(manifest: unknown): [unknown, unknown][] {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) {
    throw new ManifestInvalid('The manifest must be a JSON object.');
  }
  if (!('format' in manifest) || !('operations' in manifest)) return Object.entries(manifest);
  const { format, operations } = manifest;
  const version = 'version' in manifest ? manifest.version : undefined;
  if (format !== 'apollo-persisted-query-manifest' || version !== 1 || !Array.isArray(operations)) {
    throw new ManifestInvalid(`The manifest's format ${JSON.stringify({ format, version })} is not known.`);
  }
  return operations.map((operation: unknown) =>
    typeof operation === 'object' && operation !== null && 'id' in operation && 'body' in operation
      ? [operation.id, operation.body]
      : [undefined, undefined],
  );
}

export interface ManifestFileOptions {
  /** 0 looks at the file only when `reload` is called. */
  readonly pollMs?: number;
  /** A manifest that cannot be read after a change; the one before stays. */
  readonly report?: (error: unknown) => void;
}

export interface ManifestFile extends TrustedDocuments, Disposable {
  /** Rejects when the file is no manifest; the one before stays. */
  reload(): Promise<void>;
}

/** Follows the file's changes. Rejects when it is no manifest at the start. */
export async function openManifestFile(
  path: string,
  options: ManifestFileOptions = {},
): Promise<ManifestFile> {
  const { pollMs = defaultPollMs, report = () => {} } = options;
  let seen = await changeMark(path);
  let current = await readManifestFile(path);
  const look = async () => {
    try {
      const mark = await changeMark(path);
      if (mark === seen) return;
      // Marked before reading: a change in between is found the next time.
      seen = mark;
      current = await readManifestFile(path);
    } catch (error) {
      report(error);
    }
  };
  const timer = pollMs > 0 ? setInterval(() => void look(), pollMs).unref() : undefined;
  return {
    get: (id) => current.get(id),
    has: (text) => current.has(text),
    async reload() {
      current = await readManifestFile(path);
    },
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}

async function changeMark(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${ino}/${size}/${mtimeMs}`;
}

async function readManifestFile(path: string): Promise<TrustedDocuments> {
  const { size } = await stat(path);
  if (size > mostManifestBytes)
    throw new ManifestInvalid(`The manifest is larger than ${mostManifestBytes} bytes.`);
  return readManifest(await readFile(path, 'utf8'));
}
