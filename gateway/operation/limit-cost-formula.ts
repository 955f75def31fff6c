// A cost is a number, or a function of an operation's variables where something depends on them. Sums and products
// of numbers are numbers, so that most operations cost nothing to look at again.
export type Variables = Readonly<Record<string, unknown>>;

export interface CostRun {
  readonly variables: Variables;
  /** What is wrong with the operation, besides its cost. */
  readonly problems: string[];
}

export type Cost = number | ((run: CostRun) => number);

export function sum(parts: readonly Cost[]): Cost {
  let constant = 0;
  const open: ((run: CostRun) => number)[] = [];
  for (const part of parts) {
    if (typeof part === 'number') constant += part;
    else open.push(part);
  }
  if (open.length === 0) return constant;
  return (run) => open.reduce((total, part) => total + part(run), constant);
}

/** Nothing, however often, costs nothing; so zero times without bound is zero here. */
export function product(a: Cost, b: Cost): Cost {
  if (typeof a === 'number' && typeof b === 'number') return times(a, b);
  return (run) => times(valueOf(a, run), valueOf(b, run));
}

export function evaluate(cost: Cost, variables: Variables): { cost: number; problems: readonly string[] } {
  const run: CostRun = { variables, problems: [] };
  const total = valueOf(cost, run);
  // A size counts for several fields, but its problem is one.
  return { cost: total, problems: [...new Set(run.problems)] };
}

function valueOf(cost: Cost, run: CostRun): number {
  return typeof cost === 'number' ? cost : cost(run);
}

function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}
