// Finds import cycles between files: a depth-first walk that meets a file it is still inside of.
// A type-only import counts too, because a reader cannot understand one file of a cycle without the other.

export interface Cycle {
  readonly file: string;
  /** The line of the import that closes the cycle. */
  readonly line: number;
  readonly cycle: readonly string[];
}

/** `edges`: file → imported file → line of that import. Each closing import is reported once. */
export function findCycles(edges: ReadonlyMap<string, ReadonlyMap<string, number>>): Cycle[] {
  const cycles: Cycle[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    path.push(file);
    for (const [target, line] of edges.get(file) ?? []) {
      const start = path.indexOf(target);
      if (start >= 0) cycles.push({ file, line, cycle: [...path.slice(start), target] });
      else if (!done.has(target)) visit(target);
    }
    path.pop();
    done.add(file);
  };
  for (const file of edges.keys()) if (!done.has(file)) visit(file);
  return cycles;
}
