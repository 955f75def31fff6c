// What each error of an answer carries when it leaves a BFF.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withErrorExtensions } from './answer-errors.ts';

const completed = (answer: object) =>
  JSON.parse(withErrorExtensions(JSON.stringify(answer), 'correlation-1')) as object;

test('every error says its code, the correlation id and whether to send it again; the rest of it stands', () => {
  const answer = {
    data: { order: null },
    errors: [
      { message: 'down', path: ['order'], extensions: { code: 'SERVICE_UNAVAILABLE', fallback: 'cache' } },
      { message: 'no', extensions: { code: 'FORBIDDEN', correlationId: 'of-the-service' } },
      { message: 'nameless' },
    ],
  };
  assert.deepEqual(completed(answer), {
    data: { order: null },
    errors: [
      {
        message: 'down',
        path: ['order'],
        extensions: {
          code: 'SERVICE_UNAVAILABLE',
          correlationId: 'correlation-1',
          retryable: true,
          fallback: 'cache',
        },
      },
      { message: 'no', extensions: { code: 'FORBIDDEN', correlationId: 'of-the-service', retryable: false } },
      {
        message: 'nameless',
        extensions: { code: 'INTERNAL_ERROR', correlationId: 'correlation-1', retryable: true },
      },
    ],
  });
});

test('an answer without errors keeps its very text, also when its data speaks of errors', () => {
  for (const text of ['{"data":{"a" : 1}}', '{"data" :{"errors":["mine"]}}', 'no JSON "errors"', 'null']) {
    assert.equal(withErrorExtensions(text, 'correlation-1'), text);
  }
});
