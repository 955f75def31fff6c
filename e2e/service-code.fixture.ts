// What a service's code does to others, read from its text: which endpoints it calls, which streams it publishes
// and reads. Follows imports from main.ts, so that a program beside the service (an audit) does not count as it.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

const root = fileURLToPath(new URL('../', import.meta.url));
/** They describe calls and make none themselves, apart from the chassis' own to identity, which all services share. */
const descriptions = new Set(['chassis', 'contracts']);

/** Path from the root → text. */
export type Sources = ReadonlyMap<string, string>;

/** The entries and everything that they import, but for packages from npm. */
export function sourcesFrom(...entries: string[]): Sources {
  const found = new Map<string, string>();
  const visit = (path: string): void => {
    if (!path.endsWith('.ts') || found.has(path) || !existsSync(join(root, path))) return;
    const text = readFileSync(join(root, path), 'utf8');
    found.set(path, text);
    const { module } = parseSync(path, text);
    for (const { moduleRequest } of [...module.staticImports, ...module.staticExports.flatMap(fromOf)]) {
      if (moduleRequest !== null) visit(resolved(path, moduleRequest.value));
    }
  };
  entries.forEach(visit);
  return found;
}

function fromOf({ entries }: { entries: readonly { moduleRequest: { value: string } | null }[] }) {
  return entries.slice(0, 1);
}

function resolved(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return join(dirname(from), specifier);
  const name = specifier.split('/')[1] ?? '';
  return specifier.startsWith('@simplebank/') && !descriptions.has(name) ? `packages/${name}/index.ts` : '';
}

/** Endpoint by its name in the contracts → the service that serves it. */
export function endpointsOf(contracts: Sources): ReadonlyMap<string, string> {
  const found = [...contracts.values()].flatMap((text) => [
    ...text.matchAll(/export const (\w+) = endpoint\(\{\s*service: '([\w-]+)'/g),
  ]);
  return new Map(found.map(([, name = '', service = '']) => [name, service]));
}

/** The services whose endpoints the code names, and those whose address it asks for. */
export function calledBy(sources: Sources, endpoints: ReadonlyMap<string, string>): Set<string> {
  const called = new Set<string>();
  for (const [path, source] of sources) {
    const text = withoutComments(source);
    for (const [, name = ''] of text.matchAll(/\.send\('([\w-]+)'/g)) called.add(name);
    if (path.startsWith('packages/') || !text.includes("'@simplebank/contracts'")) continue;
    for (const [word] of text.matchAll(/\b[a-z]\w+\b/g)) {
      const service = endpoints.get(word);
      if (service !== undefined) called.add(service);
    }
  }
  // FIX is spoken to nobody else.
  if ([...sources.keys()].some((path) => path.startsWith('packages/fix/'))) called.add('exchange');
  return called;
}

export interface Streams {
  readonly publishes: readonly string[];
  readonly works: readonly string[];
  readonly follows: readonly string[];
}

/** `constants` are the names of streams in the contracts, such as ordersStream → orders. */
export function streamsOf(
  service: string,
  sources: Sources,
  constants: ReadonlyMap<string, string>,
): Streams {
  const own = [...sources]
    .filter(([path]) => !path.startsWith('packages/'))
    .map(([, text]) => withoutComments(text));
  const named = (pattern: RegExp) =>
    own.flatMap((text) =>
      [...text.matchAll(pattern)].map(([, name = '']) =>
        name === 'host.name' ? service : (constants.get(name) ?? name),
      ),
    );
  const isFollower = [...sources.values()].some((text) => /\.follow\(/.test(text));
  return {
    publishes: named(/startRelay\(\{[^}]*\bstream: ([\w.]+)/g),
    works: named(/\.work\(\{[^}]*\bstreams: \['?([\w-]+)'?\]/g),
    // A live field names the stream that it is followed by.
    follows: isFollower ? named(/\bstream: '([\w-]+)'/g) : [],
  };
}

export function streamConstants(contracts: Sources): ReadonlyMap<string, string> {
  const found = [...contracts.values()].flatMap((text) => [
    ...text.matchAll(/export const (\w+Stream) = '([\w-]+)'/g),
  ]);
  return new Map(found.map(([, name = '', stream = '']) => [name, stream]));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
}
