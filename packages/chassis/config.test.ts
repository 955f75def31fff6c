import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { ConfigError, flagSetting, millisecondsSetting, portSetting, readConfig } from './config.ts';

const schema = z.object({
  NAME: z.string(),
  PORT: portSetting.default(4000),
  VERBOSE: flagSetting.default(false),
  WAIT_MS: millisecondsSetting.optional(),
});

test('reads settings by their type and leaves out what the schema does not name', () => {
  const environment = { NAME: 'fees', PORT: '4005', VERBOSE: 'true', WAIT_MS: '250', HOME: '/root' };
  assert.deepEqual(readConfig('fees', environment, schema), {
    NAME: 'fees',
    PORT: 4005,
    VERBOSE: true,
    WAIT_MS: 250,
  });
});

test('takes an empty value for one that is not set', () => {
  const environment = { NAME: 'fees', PORT: '', VERBOSE: '' };
  assert.deepEqual(readConfig('fees', environment, schema), { NAME: 'fees', PORT: 4000, VERBOSE: false });
});

test('names the service and every wrong setting at once', () => {
  const environment = { NAME: '', PORT: '65536', VERBOSE: 'yes', WAIT_MS: '0' };
  assert.throws(
    () => readConfig('fees', environment, schema),
    (error) => {
      assert.ok(error instanceof ConfigError);
      const lines = error.message.split('\n');
      assert.match(lines[0] ?? '', /^fees cannot start: 4 setting/);
      const named = lines.slice(1).map((line) => line.trim().split(':')[0]);
      assert.deepEqual(named, ['NAME', 'PORT', 'VERBOSE', 'WAIT_MS']);
      return true;
    },
  );
});

for (const [text, flag] of [
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
] as const) {
  test(`reads the flag ${text} as ${flag}`, () => assert.equal(flagSetting.parse(text), flag));
}

for (const text of ['-1', '65536', '80.5', 'http']) {
  test(`refuses ${text} as a port`, () => assert.equal(portSetting.safeParse(text).success, false));
}
