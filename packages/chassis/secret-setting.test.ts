// Secrets that arrive as files.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from './config.ts';
import { readSecretFiles } from './secret-setting.ts';

function fileWith(content: string): Disposable & { path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'secret-setting-test-'));
  const path = join(folder, 'secret');
  writeFileSync(path, content);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

const problemsOf = (environment: Record<string, string>): string => {
  try {
    readSecretFiles(environment);
  } catch (error) {
    assert(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail('nothing was refused');
};

for (const name of ['DATABASE_URL', 'DATABASE_URL_ORDERS', 'ADMIN_DATABASE_URL', 'SERVICE_TOKEN_SECRET']) {
  test(`${name}_FILE becomes ${name} with the file's content, without the line end`, () => {
    using file = fileWith('the secret\n');
    const read = readSecretFiles({ [`${name}_FILE`]: file.path, PORT: '1' });
    assert.deepEqual(read, { [name]: 'the secret', PORT: '1' });
  });
}

test('what is given is not changed, and a secret given as text stays', () => {
  using file = fileWith('redis://bus');
  const environment = { REDIS_URL_FILE: file.path, CURSOR_SECRET: 'text' };
  assert.equal(readSecretFiles(environment)['CURSOR_SECRET'], 'text');
  assert.deepEqual(environment, { REDIS_URL_FILE: file.path, CURSOR_SECRET: 'text' });
});

test('settings that name files and are no secrets stay as they are', () => {
  const environment = { SUPERGRAPH_FILE: '/none/supergraph', SSL_CERT_FILE: '/none/certificate' };
  assert.deepEqual(readSecretFiles(environment), environment);
});

test('an empty value on either side counts as not given', () => {
  using file = fileWith('redis://bus');
  assert.equal(readSecretFiles({ REDIS_URL_FILE: file.path, REDIS_URL: '' })['REDIS_URL'], 'redis://bus');
  assert.equal(readSecretFiles({ REDIS_URL_FILE: '', REDIS_URL: 'redis://a' })['REDIS_URL'], 'redis://a');
});

test('a file that cannot be read, an empty one and a secret given twice are told at once, by name', () => {
  using empty = fileWith(' \n');
  const problems = problemsOf({
    DATABASE_URL_FILE: '/none/database-url',
    CURSOR_SECRET_FILE: empty.path,
    REDIS_URL: 'redis://a',
    REDIS_URL_FILE: empty.path,
  });
  assert.match(problems, /DATABASE_URL_FILE: \/none\/database-url cannot be read \(ENOENT\)/);
  assert.match(problems, /CURSOR_SECRET_FILE: .* is empty/);
  assert.match(problems, /REDIS_URL: given twice, also by REDIS_URL_FILE/);
  assert.match(problems, /3 setting\(s\)/);
});

test('what is told never holds a secret', () => {
  using file = fileWith('from the file');
  const problems = problemsOf({ REDIS_URL: 'redis://:from-text@bus', REDIS_URL_FILE: file.path });
  assert.doesNotMatch(problems, /from/);
});
