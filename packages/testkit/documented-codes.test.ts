// Holds three things together: the catalogue of public error codes, the codes that the code uses, and docs/errors.md.
// A code that a client may meet and cannot look up is a broken promise; so is a documented code that is gone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import { readTree, type FileMap } from './import-walls-files.ts';

const catalogueFile = 'packages/contracts/error-codes.ts';
const documentFile = 'docs/errors.md';

/** Written like a code; PostgreSQL's 23505 and words in lower case are something else. */
const screamingCode = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

/** Codes of others that the code only compares with or passes on, so that no client of ours meets them. */
const foreignCode =
  /^((ERR|UND_ERR|EAI)_\w+|ECONN\w+|EPIPE|ENOENT|EEXIST|EACCES|ESRCH|EADDRINUSE|ETIMEDOUT)$/;

/** Result codes that are no errors. */
const successCodes = new Set(['DONE']);

/**
 * Who has codes but no client: the ends of a FIX session, the launcher's own errors (it speaks to whoever starts
 * the bank), the exchange (another company), what tests the gateway with faults of its own making. Journeys and tests
 * only repeat codes.
 */
const withoutClients =
  /^(packages\/(fix|postgres-embedded)|exchange|e2e|gateway\/(bench|corpus|fuzz|testbed))\/|\.(test|fixture|suite|contract)\.ts$/;

interface Finding {
  readonly code: string;
  readonly problem: string;
}

function compareCodes(files: FileMap, document: string): Finding[] {
  const catalogue = catalogueCodes(files.get(catalogueFile) ?? '');
  const documented = new Set(
    [...document.matchAll(/^### `?([A-Z0-9_]+)`?\s*$/gm)].map(([, code]) => code ?? ''),
  );
  const used = usedCodes(files);
  const findings: Finding[] = [];
  for (const code of catalogue) {
    if (!documented.has(code))
      findings.push({ code, problem: `is in the catalogue, but not in ${documentFile}` });
  }
  for (const code of documented) {
    if (!catalogue.has(code)) findings.push({ code, problem: 'is documented, but not in the catalogue' });
  }
  for (const [code, file] of used) {
    if (!catalogue.has(code))
      findings.push({ code, problem: `is used in ${file}, but not in the catalogue` });
  }
  return findings;
}

/** The keys of `export const errorCodes = { … }`. */
function catalogueCodes(text: string): Set<string> {
  const codes = new Set<string>();
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type !== 'Identifier' || id.name !== 'errorCodes') return;
      let value = init;
      while (value && (value.type === 'TSAsExpression' || value.type === 'TSSatisfiesExpression'))
        value = value.expression;
      if (value?.type !== 'ObjectExpression') return;
      for (const property of value.properties) {
        if (property.type !== 'Property') continue;
        if (property.key.type === 'Identifier') codes.add(property.key.name);
        if (property.key.type === 'Literal') codes.add(String(property.key.value));
      }
    },
  }).visit(parseSync(catalogueFile, text).program);
  return codes;
}

/** Every `code: 'SCREAMING_CODE'` of production code → the first file that says it. */
function usedCodes(files: FileMap): Map<string, string> {
  const used = new Map<string, string>();
  for (const [file, text] of files) {
    if (text === '' || withoutClients.test(file)) continue;
    new Visitor({
      Property({ key, value }) {
        if (key.type !== 'Identifier' || key.name !== 'code' || value.type !== 'Literal') return;
        const code = String(value.value);
        const isOurs = screamingCode.test(code) && !foreignCode.test(code) && !successCodes.has(code);
        if (isOurs && !used.has(code)) used.set(code, file);
      },
    }).visit(parseSync(file, text).program);
  }
  return used;
}

const fixture = (changes: Record<string, string> = {}): FileMap =>
  new Map(
    Object.entries({
      [catalogueFile]: `export const errorCodes = { UNKNOWN_SYMBOL: { message: 'm' }, 'FORBIDDEN': {} } as const satisfies object;`,
      'subgraphs/orders/service.ts': `export const rejected = { extensions: { code: 'UNKNOWN_SYMBOL' } };`,
      ...changes,
    }),
  );
const fixtureDocument = '# Errors\n\n### UNKNOWN_SYMBOL\n\nText.\n\n### `FORBIDDEN`\n';

test('finds nothing when catalogue, use and document agree', () => {
  assert.deepEqual(compareCodes(fixture(), fixtureDocument), []);
});

test('sees a code that is not documented', () => {
  assert.deepEqual(compareCodes(fixture(), '### UNKNOWN_SYMBOL\n'), [
    { code: 'FORBIDDEN', problem: 'is in the catalogue, but not in docs/errors.md' },
  ]);
});

test('sees a documented code that is gone', () => {
  assert.deepEqual(compareCodes(fixture(), `${fixtureDocument}\n### OLD_CODE\n`), [
    { code: 'OLD_CODE', problem: 'is documented, but not in the catalogue' },
  ]);
});

test('sees a code that is used but not in the catalogue', () => {
  const files = fixture({
    'gateway/errors.ts': `export const error = { message: 'm', code: 'SECRET_CODE' };`,
  });
  assert.deepEqual(compareCodes(files, fixtureDocument), [
    { code: 'SECRET_CODE', problem: 'is used in gateway/errors.ts, but not in the catalogue' },
  ]);
});

test('leaves alone the codes of node, of tests, of success and of parts without clients', () => {
  const files = fixture({
    'packages/fix/session.ts': `export const end = { code: 'PEER_CLOSED' };`,
    'subgraphs/accounts/domain/decide.ts': `export const done = { code: 'DONE' };`,
    'gateway/net.ts': `export const gone = { code: 'ECONNRESET' };`,
    'gateway/net.test.ts': `export const made = { code: 'MADE_UP' };`,
  });
  assert.deepEqual(compareCodes(files, fixtureDocument), []);
});

test('every public error code of the bank is documented, and every documented code exists', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const files = readTree(root);
  assert.ok(catalogueCodes(files.get(catalogueFile) ?? '').size > 0, `no code found in ${catalogueFile}`);
  assert.deepEqual(compareCodes(files, readFileSync(`${root}/${documentFile}`, 'utf8')), []);
});
