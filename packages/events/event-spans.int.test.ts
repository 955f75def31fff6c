// Events in traces, over a real relay and bus: who handles an event does so below the span that wrote it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backgroundContext, currentContext, runInContext } from '@simplebank/chassis';
import { otlpCollector, testDatabase, testHost, until } from '@simplebank/testkit';
import { inEventSpan, publishingInSpans } from './event-spans.ts';
import { story } from './events.fixture.ts';
import { busOf } from './shared-bus.ts';

const writer = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${writer.traceId}-${writer.spanId}-01`;

test('an event is published and handled in spans below its writer, also when a try fails', async () => {
  await using collector = await otlpCollector();
  await using database = await testDatabase();
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const { host, ...running } = testHost({ service: 'reader', busUrl: database.url, environment });
  await host.serveHttp(() => undefined);
  const bus = await busOf(host);
  const seen: (string | undefined)[] = [];
  let tries = 0;
  const consumer = await bus.work({
    group: 'readers',
    streams: ['s'],
    handle: (event) =>
      inEventSpan(host.tracing, { event, group: 'readers', orderId: 'ord-1' }, async () => {
        seen.push(currentContext()?.orderId);
        tries += 1;
        if (tries === 1) throw new RangeError('not yet');
      }),
  });
  const [first, untraced] = story('a', 2).map((event, index) => ({
    ...event,
    source: 's',
    occurredAt: new Date().toISOString(),
    traceparent: index === 0 ? traceparent : null,
  }));
  assert.ok(first !== undefined && untraced !== undefined);
  const again = story('old', 1).map((event) => ({
    ...event,
    traceparent,
    occurredAt: new Date(Date.now() - 120_000).toISOString(),
  }));
  await publishingInSpans(bus, host.tracing).publish('other', again);
  // Whoever happens to nudge the relay is not the parent.
  await runInContext(backgroundContext({}), () =>
    publishingInSpans(bus, host.tracing).publish('s', [first, untraced]),
  );
  await until('both are handled', () => tries === 3);
  await consumer.stop();
  await running[Symbol.asyncDispose]();

  assert.deepEqual(seen, ['ord-1', 'ord-1', 'ord-1']);
  const below = collector.spans().filter(({ traceId }) => traceId === writer.traceId);
  assert.ok(below.every(({ parentSpanId }) => parentSpanId === writer.spanId));
  assert.deepEqual(below.map(({ kind, name, failed }) => [kind, name, failed]).toSorted(), [
    ['consumer', 'process s', false],
    ['consumer', 'process s', true],
    ['producer', 'publish s', false],
  ]);
  const processed = below.find(({ kind, failed }) => kind === 'consumer' && !failed);
  assert.equal(processed?.attributes['messaging.destination.name'], 's');
  assert.equal(processed.attributes['messaging.consumer.group.name'], 'readers');
  assert.equal(processed.attributes['messaging.message.id'], first.id);
  const others = collector.spans().filter(({ traceId }) => traceId !== writer.traceId);
  assert.deepEqual(
    others.map(({ name, parentSpanId }) => [name, parentSpanId]),
    [['process s', undefined]],
    'an event without a trace begins one where it is handled',
  );
});
