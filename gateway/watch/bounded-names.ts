// Names that clients choose become labels of metrics, and each label is memory here and in whatever scrapes: so only
// so many are told apart, first come, first served.
export const otherName = 'other';

export class BoundedNames {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** The name itself, or `other`. With `takesPlace` false a new name is always `other`. */
  nameOf(name: string, takesPlace = true): string {
    if (this.#known.has(name)) return name;
    if (!takesPlace || this.#known.size >= this.#most) return otherName;
    this.#known.add(name);
    return name;
  }
}
