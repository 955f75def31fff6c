// The only source of chance in the fuzzer: seeded, so that every supergraph and every operation comes back from its
// numbers. The generator is SplitMix32; its quality is more than enough, and it has no state but one integer.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    return mix(this.#state);
  }

  /** 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }

  /** Both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability * 0x1_0000_0000;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (items.length === 0) throw new Error('nothing to pick from');
    return item as Item;
  }

  /** By weight; a weight of zero is never picked. */
  weighted<Item>(items: readonly (readonly [weight: number, item: Item])[]): Item {
    let left = this.below(items.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, item] of items) {
      if (left < weight) return item;
      left -= weight;
    }
    throw new Error('nothing to pick from');
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    const result = [...items];
    for (let last = result.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      [result[last], result[other]] = [result[other] as Item, result[last] as Item];
    }
    return result;
  }

  /** So many of them, in the order in which they stand. */
  some<Item>(items: readonly Item[], least: number, most = items.length): Item[] {
    const count = Math.min(items.length, this.between(least, Math.max(least, most)));
    const chosen = new Set(this.shuffled([...items.keys()]).slice(0, count));
    return items.filter((_item, index) => chosen.has(index));
  }
}

/** A seed for one part of the work, so that parts do not depend on how much chance others used. */
export function seedOf(...parts: readonly number[]): number {
  return parts.reduce((seed, part) => mix((seed ^ mix(part >>> 0)) + 0x9e3779b9), 0x5eed);
}

/** For values that must follow from a text alone, wherever they are computed. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}

function mix(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
