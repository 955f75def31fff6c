// Reads the tree for the import walls, and finds the imports of one file with oxc-parser
// (TypeScript 7 has no stable programmatic interface; see ADR 0002).

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/** Path from the root with forward slashes → text. Text is empty for files that are not TypeScript. */
export type FileMap = ReadonlyMap<string, string>;

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** True when everything imported is a type, which is gone at run time. */
  readonly typeOnly: boolean;
}

export interface ParsedFile {
  readonly imports: readonly Import[];
  /** True when the file says nothing of its own and only passes on what other files export. */
  readonly onlyReexports: boolean;
  /** String literals other than import specifiers. */
  readonly strings: readonly { readonly value: string; readonly line: number }[];
}

/** What git ignores or what is made by a tool: no source of ours. */
const skippedFolders = new Set(['node_modules', '.data', '.git', 'coverage', 'dist']);

export function readTree(root: string): FileMap {
  const files = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!skippedFolders.has(entry.name)) visit(path);
      } else if (entry.isFile()) {
        const name = relative(root, path).split(sep).join('/');
        files.set(name, isTypeScript(name) ? readFileSync(path, 'utf8') : '');
      }
    }
  };
  visit(root);
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export const isTypeScript = (path: string): boolean => /\.tsx?$/.test(path);

export function parseFile(path: string, text: string): ParsedFile {
  const { module, program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error) throw new Error(`${path} cannot be parsed: ${error.message}`);
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;

  const imports: Import[] = [];
  for (const { start, moduleRequest, entries } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    imports.push({ specifier: moduleRequest.value, line: lineAt(start), typeOnly });
  }
  for (const { start, entries } of module.staticExports) {
    const from = entries.find((entry) => entry.moduleRequest)?.moduleRequest;
    const typeOnly = entries.every((entry) => entry.isType);
    if (from) imports.push({ specifier: from.value, line: lineAt(start), typeOnly });
  }
  for (const { start, moduleRequest } of module.dynamicImports) {
    const written = text.slice(moduleRequest.start, moduleRequest.end);
    const literal = /^(['"`])([^$]*)\1$/s.exec(written)?.[2];
    if (literal !== undefined) imports.push({ specifier: literal, line: lineAt(start), typeOnly: false });
  }

  const strings: { value: string; line: number }[] = [];
  new Visitor({
    TSImportType: ({ source, start }) => {
      imports.push({ specifier: source.value, line: lineAt(start), typeOnly: true });
    },
    Literal: ({ value, start }) => {
      if (typeof value === 'string') strings.push({ value, line: lineAt(start) });
    },
    TemplateElement: ({ value, start }) => {
      strings.push({ value: value.raw, line: lineAt(start) });
    },
  }).visit(program);

  const specifiers = new Set(imports.map(({ specifier }) => specifier));
  const onlyReexports =
    program.body.length > 0 &&
    program.body.every(
      (node) =>
        node.type === 'ExportAllDeclaration' ||
        (node.type === 'ExportNamedDeclaration' && node.source !== null),
    );
  return { imports, onlyReexports, strings: strings.filter(({ value }) => !specifiers.has(value)) };
}
