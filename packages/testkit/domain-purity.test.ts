// The import walls keep imports out of the domain; what needs no import (a clock, chance, the process) is kept
// out by the linter's configuration. This proves that the configuration bites, and only where it should.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The rules that the house's configuration finds broken in one file at `path`. */
async function brokenRules(path: string, text: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'simplebank-lint-'));
  try {
    await copyFile(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    const report = await new Promise<string>((resolve) => {
      const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
      execFile(process.execPath, [oxlint, '--format=json'], { cwd: folder }, (_, stdout) => resolve(stdout));
    });
    const { diagnostics } = JSON.parse(report) as { diagnostics: { code: string }[] };
    return diagnostics.map(({ code }) => code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const impure: readonly (readonly [what: string, text: string, rule: string])[] = [
  ['the clock', 'export const now = () => Date.now();', 'eslint(no-restricted-globals)'],
  ['a new date', 'export const now = () => new Date();', 'eslint(no-restricted-globals)'],
  ['a timer', 'export const later = (f: () => void) => setTimeout(f, 1);', 'eslint(no-restricted-globals)'],
  ['the environment', `export const url = () => process.env['URL'];`, 'eslint(no-restricted-globals)'],
  ['chance', 'export const dice = () => Math.random();', 'eslint(no-restricted-properties)'],
];

for (const [what, text, rule] of impure) {
  test(`the domain may not use ${what}`, async () => {
    assert.deepEqual(await brokenRules('subgraphs/orders/domain/order.ts', text), [rule]);
  });
}

test('money may not use the clock', async () => {
  const rules = await brokenRules('packages/money/money.ts', 'export const now = () => Date.now();');
  assert.deepEqual(rules, ['eslint(no-restricted-globals)']);
});

test('a service may use the clock', async () => {
  assert.deepEqual(
    await brokenRules('subgraphs/orders/service.ts', 'export const now = () => Date.now();'),
    [],
  );
});

test('no service writes to the console', async () => {
  const rules = await brokenRules(
    'subgraphs/orders/service.ts',
    `export const say = () => console.log('x');`,
  );
  assert.deepEqual(rules, ['eslint(no-console)']);
});
