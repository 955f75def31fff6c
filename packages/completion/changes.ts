// Who waits for news of which aggregate: one follower of the bus a process and stream, and a listener per live
// query. A change is only a hint; the source of what happened is the twin.
import type { Bus, Follower } from '@simplebank/events';

export type OnChange = (traceparent?: string | null) => void;

export interface Changes {
  /**
   * Calls back at each change of the aggregate, with the traceparent of what changed it, and when changes may have
   * been missed.
   */
  listen(stream: string, key: string, onChange: OnChange): Disposable;
  stop(): Promise<void>;
}

export async function followChanges(bus: Bus, streams: readonly string[]): Promise<Changes> {
  const listeners = new Map<string, Set<OnChange>>();
  const nameOf = (stream: string, key: string) => `${stream}\n${key}`;
  const followers: Follower[] = await Promise.all(
    streams.map((stream) =>
      bus.follow({
        streams: [stream],
        from: 'now',
        onEvent: ({ aggregateId, traceparent }) => {
          for (const listener of listeners.get(nameOf(stream, aggregateId)) ?? []) listener(traceparent);
        },
        onGap: () => {
          for (const interested of listeners.values()) for (const listener of interested) listener();
        },
      }),
    ),
  );
  return {
    listen(stream, key, onChange) {
      const name = nameOf(stream, key);
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
