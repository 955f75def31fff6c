// Events in traces: a consumer handles an event in a span below the one that wrote it, and the time that the event
// needed to reach the bus is a span beside it. The envelope's traceparent stays as its writer set it.
import { backgroundContext, runInContext, type Tracing } from '@simplebank/chassis';
import type { EventEnvelope } from './envelope.ts';
import type { RelayTarget } from './outbox-publisher.ts';

/** The bus, whatever carries it. */
const messagingSystem = 'simplebank';
/** An older event is published again, after the bus lost what it had: that is no part of the event's story. */
const longestWaitMs = 60_000;

/** Runs a consumer's work on an event in the event's context, in a `process` span of its own. */
export function inEventSpan<T>(
  tracing: Tracing,
  { event, group, orderId }: { event: EventEnvelope; group: string; orderId?: string },
  work: () => Promise<T>,
): Promise<T> {
  const { correlationId, traceparent, source } = event;
  const context = backgroundContext({ correlationId, traceparent, orderId });
  const attributes = {
    ...attributesOf(event, source, 'process'),
    'messaging.consumer.group.name': group,
  };
  return runInContext(context, () =>
    tracing.inSpan(`process ${source}`, { kind: 'consumer', attributes }, work),
  );
}

/** For a relay: each event that it publishes leaves a span in its own trace. */
export function publishingInSpans(bus: RelayTarget, tracing: Tracing): RelayTarget {
  return {
    settled: (stream, mark) => bus.settled(stream, mark),
    async publish(stream, events, known) {
      const startedAt = Date.now();
      const mark = await bus.publish(stream, events, known);
      for (const event of events) {
        if (event.traceparent === null || startedAt - Date.parse(event.occurredAt) > longestWaitMs) continue;
        const attributes = attributesOf(event, stream, 'send');
        tracing
          .begin(event.traceparent, `publish ${stream}`, { kind: 'producer', startedAt, attributes })
          ?.end();
      }
      return mark;
    },
  };
}

function attributesOf({ id, type, correlationId }: EventEnvelope, stream: string, kind: 'process' | 'send') {
  return {
    'messaging.system': messagingSystem,
    'messaging.destination.name': stream,
    'messaging.operation.type': kind,
    'messaging.operation.name': kind === 'send' ? 'publish' : kind,
    'messaging.message.id': id,
    'simplebank.event.type': type,
    'simplebank.correlation_id': correlationId,
  };
}
