import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backgroundContext, runInContext } from './context.ts';
import { createLogger } from './log.ts';

function recordingLog() {
  const lines: Record<string, unknown>[] = [];
  const texts: string[] = [];
  const log = createLogger({
    service: 'orders',
    destination: {
      write(text) {
        texts.push(text);
        lines.push(JSON.parse(text) as Record<string, unknown>);
      },
    },
  });
  return { log, lines, texts };
}

test('a line has time, level as a word, service and message', () => {
  const { log, lines } = recordingLog();
  log.warn('careful');
  assert.equal(lines[0]?.['level'], 'warn');
  assert.equal(lines[0]?.['service'], 'orders');
  assert.equal(lines[0]?.['msg'], 'careful');
  assert.ok(!Number.isNaN(Date.parse(String(lines[0]?.['time']))));
});

test('a line of work in a context carries its correlation id and order id', () => {
  const { log, lines } = recordingLog();
  runInContext(backgroundContext({ correlationId: 'correlation-1', orderId: 'ord-1' }), () => log.info('in'));
  runInContext(backgroundContext({ correlationId: 'correlation-2' }), () => log.info('without order'));
  log.info('out');
  assert.deepEqual(
    lines.map(({ correlationId, orderId }) => [correlationId, orderId]),
    [
      ['correlation-1', 'ord-1'],
      ['correlation-2', undefined],
      [undefined, undefined],
    ],
  );
});

test('a line of work in a context names its trace and span', () => {
  const { log, lines } = recordingLog();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  runInContext(backgroundContext({ traceparent }), () => log.info('in'));
  log.info('out');
  assert.deepEqual(
    lines.map(({ trace_id, span_id }) => [trace_id, span_id]),
    [
      ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'],
      [undefined, undefined],
    ],
  );
});

for (const key of [
  'authorization',
  'token',
  'access_token',
  'password',
  'email',
  'name',
  'cookie',
  'secret',
]) {
  test(`${key} is redacted, three levels deep`, () => {
    const { log, texts } = recordingLog();
    log.info(
      { [key]: 'hidden-1', one: { [key]: 'hidden-2', two: { [key]: 'hidden-3' } }, kept: 'shown' },
      'line',
    );
    const [text = ''] = texts;
    assert.doesNotMatch(text, /hidden/);
    assert.match(text, /shown/);
    assert.equal(text.match(/\[redacted\]/g)?.length, 3);
  });
}

test('an error keeps its message, stack and cause for the operator', () => {
  const { log, texts } = recordingLog();
  log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
  assert.match(texts[0] ?? '', /outer/);
  assert.match(texts[0] ?? '', /inner/);
  assert.match(texts[0] ?? '', /log\.test\.ts/);
});
