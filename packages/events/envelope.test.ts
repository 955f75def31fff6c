// What comes from a bus is read strictly: a wrong envelope is named, not passed on.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { decodeEnvelope } from './envelope.ts';
import { happened } from './events.fixture.ts';

test('an envelope survives JSON', () => {
  const event = happened('a', 1);
  assert.deepEqual(decodeEnvelope(JSON.parse(JSON.stringify(event))), event);
});

const wrong = {
  id: 'not a uuid',
  type: '',
  version: 0,
  source: 7,
  aggregateId: '',
  sequence: 1.5,
  correlationId: null,
  causationId: 1,
  traceparent: {},
  occurredAt: 'yesterday',
};

for (const [field, value] of Object.entries(wrong)) {
  test(`an envelope with a wrong ${field} is refused, and the field is named`, () => {
    assert.throws(() => decodeEnvelope({ ...happened('a', 1), [field]: value }), new RegExp(`"${field}"`));
  });
}
