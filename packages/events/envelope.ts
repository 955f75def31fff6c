// The envelope that every event travels in, and how one is read back from a bus.
// Its fields are the same for all events; what happened stands in `type` and `data`.
import { z } from 'zod';

export interface EventEnvelope<Type extends string = string, Data = unknown> {
  /** A uuidv7: the event's identity, by which buses and inboxes recognise a repetition. */
  readonly id: string;
  /** What happened, in the past tense: `OrderCreated`. */
  readonly type: Type;
  /** Version of the shape of `data`, from 1. */
  readonly version: number;
  /** The service that says so: `orders`. */
  readonly source: string;
  readonly aggregateId: string;
  /** The event's number within (source, aggregateId): 1, 2, 3 … without a hole. */
  readonly sequence: number;
  /** One id for everything that a client's request set off. */
  readonly correlationId: string;
  /** The event or command that caused this one. */
  readonly causationId: string | null;
  /** W3C trace context of the transaction that wrote the event. */
  readonly traceparent: string | null;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
  /** JSON: money and quantities are decimal strings. */
  readonly data: Data;
}

const envelopeSchema = z.object({
  id: z.uuid(),
  type: z.string().min(1),
  version: z.int().min(1),
  source: z.string().min(1),
  aggregateId: z.string().min(1),
  sequence: z.int().min(1),
  correlationId: z.string().min(1),
  causationId: z.string().nullable(),
  traceparent: z.string().nullable(),
  occurredAt: z.iso.datetime(),
  data: z.unknown(),
});

/** Reads an envelope that came as JSON; throws a ZodError that names the fields that are wrong. */
export function decodeEnvelope(json: unknown): EventEnvelope {
  return envelopeSchema.parse(json);
}
