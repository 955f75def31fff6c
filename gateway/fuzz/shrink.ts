// Greedy shrinking: takes the first smaller candidate that still fails, and goes on where it stood, until a whole round
// brings nothing.

export async function shrink<Value>(
  start: Value,
  smaller: (value: Value) => Iterable<Value>,
  stillFails: (value: Value) => Promise<boolean>,
  mostTries: number,
): Promise<Value> {
  let smallest = start;
  let tries = 0;
  let position = 0;
  for (let failures = 0; tries < mostTries;) {
    const candidate = nthOf(smaller(smallest), position);
    if (candidate === undefined) {
      if (position === 0 || failures >= position) break;
      position = 0;
      continue;
    }
    tries += 1;
    if (await stillFails(candidate.value)) {
      smallest = candidate.value;
      failures = 0;
    } else {
      position += 1;
      failures += 1;
    }
  }
  return smallest;
}

function nthOf<Value>(values: Iterable<Value>, wanted: number): { readonly value: Value } | undefined {
  let index = 0;
  for (const value of values) if (index++ === wanted) return { value };
  return undefined;
}
