// News of aggregates for tests: told by hand, with a count of who listens.
import type { Changes, OnChange } from './changes.ts';

export interface ToldChanges extends Changes {
  tell(stream: string, key: string, traceparent?: string): void;
  listeners(): number;
}

export function toldChanges(): ToldChanges {
  const listeners = new Set<{ name: string; onChange: OnChange }>();
  const nameOf = (stream: string, key: string) => `${stream}/${key}`;
  return {
    listen(stream, key, onChange) {
      const listener = { name: nameOf(stream, key), onChange };
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    tell(stream, key, traceparent) {
      for (const { name, onChange } of listeners) if (name === nameOf(stream, key)) onChange(traceparent);
    },
    listeners: () => listeners.size,
    stop: async () => undefined,
  };
}
