// The engine of the import walls: walls and files in, violations out. It is pure, so that its test can build
// a tree in memory, break one rule in it and see that rule (and no other) bite.

import { posix } from 'node:path';
import { isTypeScript, parseFile, type FileMap, type Import, type ParsedFile } from './import-walls-files.ts';
import { findCycles } from './import-walls-cycles.ts';

export interface Part {
  /** A folder from the root; '' is the root itself, `*` stands for anything but a slash. */
  readonly folder: string;
  readonly mayImport: readonly string[] | 'all';
  /** What it may import from outside the workspace. */
  readonly outside: 'nothing' | 'node' | 'npm' | 'all';
  /** Files beyond its own package that it may import by a relative path. */
  readonly reaches?: readonly string[];
  /** The file endings that it may read; source files of other kinds must not even be named in its strings. */
  readonly readsOnly?: string;
  readonly why: string;
}

export interface Layer {
  readonly layer: string;
  readonly mayImport: readonly string[] | 'all';
  /** Layers of which it may import types only. */
  readonly typesOf?: readonly string[];
  readonly why: string;
}

export interface Walls {
  readonly scope: string;
  readonly testPackage: string;
  readonly testFiles: RegExp;
  readonly parts: readonly Part[];
  readonly layers: { readonly within: string; readonly rows: readonly Layer[] };
  readonly depth: readonly { readonly folder: string; readonly atMost: number }[];
  readonly refusedNames: readonly string[];
}

export type Rule =
  | 'unknown-part'
  | 'workspace-import'
  | 'outside-import'
  | 'leaves-its-package'
  | 'deep-import'
  | 'test-import'
  | 'layer'
  | 'reads-only'
  | 'cycle'
  | 'depth'
  | 'refused-name'
  | 'barrel';

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule: Rule;
  readonly why: string;
}

export function findViolations(walls: Walls, files: FileMap): Violation[] {
  const parsed = new Map(
    [...files].filter(([file]) => isTypeScript(file)).map(([file, text]) => [file, parseFile(file, text)]),
  );
  const violations = [...files.keys()].flatMap((file) => checkPlace(walls, file));
  const edges = new Map<string, Map<string, number>>();
  for (const [file, source] of parsed) {
    const part = partOf(walls, file);
    if (!part) {
      violations.push({
        file,
        line: 1,
        rule: 'unknown-part',
        why: 'its folder has no row in the table of walls',
      });
      continue;
    }
    violations.push(...checkText(walls, part, file, source));
    const targets = new Map<string, number>();
    for (const found of source.imports) {
      const target = resolve(walls, file, found.specifier);
      if (target && files.has(target)) targets.set(target, found.line);
      violations.push(
        ...checkImport(walls, part, file, found).map((broken) => ({ file, line: found.line, ...broken })),
      );
    }
    edges.set(file, targets);
  }
  for (const { file, line, cycle } of findCycles(edges)) {
    violations.push({ file, line, rule: 'cycle', why: cycle.join(' → ') });
  }
  return violations.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
}

/** Where a file stands, whatever is in it. */
function checkPlace(walls: Walls, file: string): Violation[] {
  const violations: Violation[] = [];
  const folders = file.split('/').slice(0, -1);
  const { atMost } = bestMatch(walls.depth, file) ?? { atMost: Infinity };
  if (folders.length > atMost) {
    violations.push({
      file,
      line: 1,
      rule: 'depth',
      why: `${folders.length} folders deep, at most ${atMost} here`,
    });
  }
  const stem = isTypeScript(file) ? posix.basename(file).replace(/\..*$/, '') : '';
  const refused = [...folders, stem].find((name) => walls.refusedNames.includes(name));
  if (refused) {
    violations.push({
      file,
      line: 1,
      rule: 'refused-name',
      why: `'${refused}' says nothing about its subject`,
    });
  }
  return violations;
}

/** What a file says besides its imports. */
function checkText(walls: Walls, part: Part, file: string, source: ParsedFile): Violation[] {
  const violations: Violation[] = [];
  const isEntry = file === `${packageOf(file)}/index.ts`;
  if (!isEntry && (source.onlyReexports || posix.basename(file) === 'index.ts')) {
    violations.push({
      file,
      line: 1,
      rule: 'barrel',
      why: "only a package's own index.ts passes on other files",
    });
  }
  const ending = part.readsOnly;
  if (ending !== undefined && !walls.testFiles.test(file)) {
    for (const { value, line } of source.strings) {
      if (/(?<!\.generated)\.(tsx?|[cm]?js|sql)$/.test(value)) {
        violations.push({
          file,
          line,
          rule: 'reads-only',
          why: `reads ${ending} only, names '${value}': ${part.why}`,
        });
      }
    }
  }
  return violations;
}

type Broken = Pick<Violation, 'rule' | 'why'>;

function checkImport(walls: Walls, part: Part, file: string, found: Import): Broken[] {
  const { specifier } = found;
  if (specifier.startsWith('.')) return checkRelative(walls, part, file, found);
  if (specifier.startsWith(walls.scope)) return checkWorkspace(walls, part, file, specifier);
  const isTest = walls.testFiles.test(file);
  const kind = specifier.startsWith('node:') ? 'node' : 'npm';
  if (isTest || part.outside === 'all' || part.outside === kind) return [];
  return [{ rule: 'outside-import', why: `'${specifier}': ${part.why}` }];
}

function checkWorkspace(walls: Walls, part: Part, file: string, specifier: string): Broken[] {
  const [name = '', ...rest] = specifier.slice(walls.scope.length).split('/');
  const isTest = walls.testFiles.test(file);
  if (rest.length > 0) return [{ rule: 'deep-import', why: `'${specifier}': a package is its index.ts` }];
  if (isTest && name === walls.testPackage) return [];
  if (part.mayImport === 'all' || part.mayImport.includes(name)) return [];
  return [{ rule: 'workspace-import', why: `'${specifier}': ${part.why}` }];
}

function checkRelative(walls: Walls, part: Part, file: string, found: Import): Broken[] {
  const target = posix.join(posix.dirname(file), found.specifier);
  if (packageOf(target) !== packageOf(file)) {
    if (part.reaches?.some((pattern) => matches(pattern, target))) return [];
    return [{ rule: 'leaves-its-package', why: `'${found.specifier}': import a package by its name` }];
  }
  if (walls.testFiles.test(file)) return [];
  if (walls.testFiles.test(target)) {
    return [{ rule: 'test-import', why: `'${found.specifier}': what runs in production needs no test` }];
  }
  return matches(walls.layers.within, packageOf(file)) ? checkLayer(walls, part, file, target, found) : [];
}

function checkLayer(walls: Walls, part: Part, file: string, target: string, found: Import): Broken[] {
  const from = walls.layers.rows.find((row) => row.layer === layerOf(walls, file));
  const to = layerOf(walls, target);
  if (!from || from.mayImport === 'all' || from.mayImport.includes(to)) return [];
  if (from.typesOf?.includes(to)) {
    if (found.typeOnly) return [];
    return [{ rule: 'layer', why: `${from.layer} imports only types of ${to}: ${from.why}` }];
  }
  return [
    { rule: 'layer', why: `${from.layer} imports ${to}: ${from.layer === 'domain' ? part.why : from.why}` },
  ];
}

/** `subgraphs/orders/domain/order.ts` is of layer domain, `order-store.ts` of layer store, what has no row is `other`. */
function layerOf(walls: Walls, file: string): string {
  const [first = '', second] = file.slice(packageOf(file).length + 1).split('/');
  const word = second === undefined ? first.replace(/\.tsx?$/, '').replace(/^.*-/, '') : first;
  return walls.layers.rows.some(({ layer }) => layer === word) ? word : 'other';
}

/** `packages/x` and `subgraphs/x` hold a package a folder; any other top folder is one; the root's files are ''. */
function packageOf(file: string): string {
  const [top = '', second = '', ...rest] = file.split('/');
  if (second === '') return '';
  return (top === 'packages' || top === 'subgraphs') && rest.length > 0 ? `${top}/${second}` : top;
}

/** The file an import means, by the table's folders: '@simplebank/money' is packages/money/index.ts. */
function resolve(walls: Walls, file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier);
  if (!specifier.startsWith(walls.scope)) return undefined;
  const name = specifier.slice(walls.scope.length);
  const part = walls.parts.find(({ folder }) => posix.basename(folder) === name);
  return part && `${part.folder}/index.ts`;
}

/** The row '' of the parts is for the files in the root only, so that a new folder has to get a row of its own. */
function partOf(walls: Walls, file: string): Part | undefined {
  const isInRoot = !file.includes('/');
  return bestMatch(
    walls.parts.filter(({ folder }) => (folder === '') === isInRoot),
    file,
  );
}

function bestMatch<Row extends { readonly folder: string }>(
  rows: readonly Row[],
  file: string,
): Row | undefined {
  const holding = rows.filter(({ folder }) => (folder === '' ? true : matches(`${folder}/**`, file)));
  return holding.toSorted((a, b) => specificity(b.folder) - specificity(a.folder))[0];
}

/** More folders win, then fewer wildcards: subgraphs/*\/domain before subgraphs/market before subgraphs/*. */
const specificity = (folder: string): number =>
  folder === '' ? 0 : folder.split('/').length * 10 - (folder.includes('*') ? 1 : 0);

function matches(pattern: string, path: string): boolean {
  return posix.matchesGlob(path, pattern);
}
