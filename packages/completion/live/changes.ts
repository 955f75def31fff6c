// Who waits for news of which aggregate: one follower of the bus a process and stream, and a listener per live
// query. A change is only a hint; the source of what happened is the twin.
import type { Bus, EventEnvelope, Follower } from '@simplebank/events';
import { channelOf, type NewsSource } from './live-field.ts';

export type OnChange = (traceparent?: string | null) => void;

export interface Changes {
  /**
   * Calls back at each change of whatever the key names on the channel (live-field.ts), with the traceparent of what changed it, and when changes may have
   * been missed.
   */
  listen(channel: string, key: string, onChange: OnChange): Disposable;
  stop(): Promise<void>;
}

export async function followChanges(bus: Bus, sources: readonly NewsSource[]): Promise<Changes> {
  const listeners = new Map<string, Set<OnChange>>();
  const nameOf = (channel: string, key: string) => `${channel}\n${key}`;
  const ofStreams = Map.groupBy(sources, ({ stream }) => stream);
  const followers: Follower[] = await Promise.all(
    [...ofStreams].map(([stream, ofStream]) => {
      const channels = new Map(ofStream.map((source) => [channelOf(source), source]));
      return bus.follow({
        streams: [stream],
        from: 'now',
        onEvent(event) {
          for (const [channel, source] of channels) {
            const interested = listeners.get(nameOf(channel, keyOf(event, source)));
            for (const listener of interested ?? []) listener(event.traceparent);
          }
        },
        onGap: () => {
          for (const interested of listeners.values()) for (const listener of interested) listener();
        },
      });
    }),
  );
  return {
    listen(channel, key, onChange) {
      const name = nameOf(channel, key);
      const interested = listeners.get(name) ?? new Set();
      listeners.set(name, interested.add(onChange));
      return {
        [Symbol.dispose]() {
          interested.delete(onChange);
          if (interested.size === 0 && listeners.get(name) === interested) listeners.delete(name);
        },
      };
    },
    async stop() {
      await Promise.all(followers.map((follower) => follower.stop()));
    },
  };
}

function keyOf({ aggregateId, data }: EventEnvelope, { by }: NewsSource): string {
  return by === undefined ? aggregateId : String((data as Readonly<Record<string, unknown>> | null)?.[by]);
}
