// What comes in leaves in another order: shuffled within windows of 20, the same way for the same seed. A window that
// does not fill up leaves after a short time, so that the last event of a story arrives too.
import type { SeededRandom } from './seeded-random.ts';

/** Events that change places with one another. */
export const WINDOW_EVENTS = 20;
/** Longer than the exchange's reports of one order lie apart, short against the patience of whoever waits for an end. */
const WINDOW_MS = 60;

export interface UnrulyWindow<Item> {
  add(item: Item): void;
  /** Lets go of what waits. */
  flush(): void;
  /** Windows that were full when they left. */
  full(): number;
}

export function unrulyWindow<Item>(
  random: SeededRandom,
  release: (items: readonly Item[]) => void,
): UnrulyWindow<Item> {
  let waiting: Item[] = [];
  let timer: NodeJS.Timeout | undefined;
  let full = 0;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const items = waiting;
    waiting = [];
    if (items.length === WINDOW_EVENTS) full += 1;
    if (items.length > 0) release(shuffled(random, items));
  }

  return {
    flush,
    full: () => full,
    add(item) {
      waiting.push(item);
      if (waiting.length === WINDOW_EVENTS) flush();
      else timer ??= setTimeout(flush, WINDOW_MS);
    },
  };
}

/** Fisher and Yates: each order is as likely as any other. */
function shuffled<Item>(random: SeededRandom, items: readonly Item[]): Item[] {
  const rest = [...items];
  return items.map(() => {
    const [item] = rest.splice(random.between(0, rest.length - 1), 1);
    if (item === undefined) throw new Error('one is taken for each that there is');
    return item;
  });
}
