import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { linearScale, logScale } from './scale.ts';

const labels = ({ ticks }: { ticks: readonly { label: string }[] }) => ticks.map(({ label }) => label);

test('a linear axis goes from zero in round steps past the largest value', () => {
  assert.deepEqual(labels(linearScale(37)), ['0', '10', '20', '30', '40']);
  assert.deepEqual(labels(linearScale(40)), ['0', '10', '20', '30', '40']);
  assert.equal(linearScale(37).position(20), 0.5);
});

test('a logarithmic axis goes by ones, twos and fives around its values', () => {
  assert.deepEqual(labels(logScale([7, 640])), ['5', '10', '20', '50', '100', '200', '500', '1000']);
  assert.deepEqual(labels(logScale([0.3, 1])), ['0.2', '0.5', '1']);
});

test('every value stands on its axis', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 1e5, noNaN: true }), { minLength: 1 }), (values) => {
      const logarithmic = logScale(values);
      const linear = linearScale(Math.max(...values));
      for (const value of values)
        for (const { position } of [logarithmic, linear]) {
          assert.ok(position(value) >= -1e-6 && position(value) <= 1 + 1e-6, String(value));
        }
    }),
  );
});
