// Which version is lower, and what is none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAppVersions } from './app-versions.ts';

const refusalOf = (version: unknown, minimum: string | undefined, isRequired = false) =>
  createAppVersions({ minimum, isRequired }).refusal(version);

for (const [version, minimum, isServed] of [
  ['2.10.0', '2.10.0', true],
  ['2.10.1', '2.10.0', true],
  ['2.11.0', '2.10.5', true],
  ['3.0.0', '2.10.5', true],
  ['10.0.0', '9.9.9', true],
  ['2.9.9', '2.10.0', false],
  ['2.10.0', '2.10.1', false],
  ['1.99.99', '2.0.0', false],
  ['9.9.9', '10.0.0', false],
  ['0.0.0', undefined, true],
] as const)
  test(`${version} is ${isServed ? 'served' : 'too old'} where the minimum is ${minimum ?? 'none'}`, () => {
    const refusal = refusalOf(version, minimum);
    assert.equal(refusal?.code, isServed ? undefined : 'APP_VERSION_TOO_OLD');
    if (refusal !== undefined) assert.match(refusal.message, new RegExp(`to ${minimum} or newer`));
  });

for (const version of [
  '',
  '2',
  '2.10',
  '2.10.0.1',
  'v2.10.0',
  '2.10.0-beta',
  ' 2.10.0',
  '2.-1.0',
  '1e3.0.0',
  2.1,
  null,
  {},
])
  for (const minimum of ['1.0.0', undefined])
    test(`${JSON.stringify(version)} is no version, ${minimum === undefined ? 'also where there is no minimum' : 'and says so'}`, () => {
      assert.equal(refusalOf(version, minimum)?.code, 'BAD_REQUEST');
    });

test('who says no version is served, unless it is required', () => {
  assert.equal(refusalOf(undefined, '2.0.0'), undefined);
  assert.equal(refusalOf(undefined, '2.0.0', true)?.code, 'APP_VERSION_TOO_OLD');
  assert.match(
    refusalOf(undefined, undefined, true)?.message ?? '',
    /one that says its version by x-app-version/,
  );
});
