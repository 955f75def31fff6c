// Events between services: see README.md for the tour.
export {
  EventsLost,
  type Bus,
  type BusLog,
  type Consumer,
  type DeadLetter,
  type DeadLetterFilter,
  type Follower,
  type FollowOptions,
  type PartitionCursor,
  type StreamMark,
  type WorkOptions,
} from './bus.ts';
export { openBus, registerBusTransport, type BusTransportOptions, type OpenBus } from './bus-transports.ts';
export { decodeEnvelope, type EventEnvelope } from './envelope.ts';
export { SequenceGap } from './handler-faults.ts';
export { startInboxTrimming, type InboxTrimming, type InboxTrimmingOptions } from './inbox-trimming.ts';
export { forgetConsumer, receive, type Received } from './inbox.ts';
export { inEventSpan, publishingInSpans } from './event-spans.ts';
export { busOf } from './shared-bus.ts';
export { startLoop, type Loop, type LoopOptions } from './loop.ts';
export { appendToOutbox, eventsMigrations } from './outbox.ts';
export { partitionOf } from './partition-of.ts';
export { busMigrations, openPostgresBus, type PostgresBusOptions } from './postgres-bus.ts';
export { openRedisBus, type RedisBusOptions } from './redis-bus.ts';
export { type RelayTarget } from './outbox-publisher.ts';
export { startRelay, type Relay, type RelayOptions } from './relay.ts';
export { uuidv7 } from './uuidv7.ts';
