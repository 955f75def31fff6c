// The command itself: its exit codes, and what it prints about a change of this tree since a base.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('check.ts', import.meta.url));
const supergraph = readFileSync(new URL('supergraph.graphql', import.meta.url), 'utf8');
/** Composing two schemas takes about a second. */
const timeoutMs = 60_000;

function check(...bases: string[]) {
  return spawnSync(process.execPath, [program, ...bases], { encoding: 'utf8', timeout: timeoutMs });
}

function checkAgainst(base: string) {
  const folder = mkdtempSync(join(tmpdir(), 'simplebank-check-'));
  try {
    const file = join(folder, 'base.graphql');
    writeFileSync(file, base);
    return check(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('ends with 0 against the schema as it is', () => {
  const { status, stdout } = checkAgainst(supergraph);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /: 0 of \d+ published operations broken/);
});

test('ends with 1 and names the consumer when a field lost its promise', () => {
  const base = supergraph.replace('completedAt: DateTime ', 'completedAt: DateTime! ');
  assert.notEqual(base, supergraph);
  const { status, stdout } = checkAgainst(base);
  assert.equal(status, 1, stdout);
  assert.match(stdout, /BREAKS A CONSUMER\n {2}Field 'Order.completedAt' changed type/);
  assert.match(stdout, /bff-mobile 1\.2\.0: OrderScreen/);
});

test('composes the subgraphs of a git commit to check against it', () => {
  const { status, stdout } = check('HEAD');
  assert.notEqual(status, 2, stdout);
  assert.match(stdout, /since HEAD: \d+ of \d+ published operations broken/);
});

test('ends with 2 when the base is unknown or missing', () => {
  const unknown = check('no-such-ref');
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /neither a file nor a commit/);
  assert.equal(check().status, 2);
});
