// Axes of a chart: where a value stands between 0 and 1, and at which round values a line is drawn.

export interface Scale {
  /** 0 at the foot of the axis, 1 at its head. */
  position(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** From zero to a round number at or above the largest value, in four to six steps. */
export function linearScale(largest: number): Scale {
  const rough = Math.max(largest, 1e-9) / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
  const count = Math.max(1, Math.ceil(largest / step - 1e-9));
  const head = count * step;
  return {
    position: (value) => value / head,
    ticks: Array.from({ length: count + 1 }, (_, index) => tick(index * step)),
  };
}

/** Steps of 1, 2, 5, 10, from the one below the smallest value to the one above the largest. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const foot = roundDown(Math.min(...positive, 1_000));
  const largest = Math.max(...positive, foot);
  const ticks = [foot];
  while ((ticks.at(-1) ?? Infinity) < largest || ticks.length < 2) ticks.push(nextStep(ticks.at(-1) ?? 1));
  const head = ticks.at(-1) ?? 1;
  const length = Math.log(head / foot);
  return {
    position: (value) => (value <= foot ? 0 : Math.log(value / foot) / length),
    ticks: ticks.map(tick),
  };
}

const tick = (value: number) => ({ value, label: String(Number(value.toPrecision(6))) });

function roundDown(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const factor = [5, 2, 1].find((each) => each * magnitude <= value * (1 + 1e-9)) ?? 1;
  return factor * magnitude;
}

function nextStep(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const factor = Math.round(value / magnitude);
  return (factor === 1 ? 2 : factor === 2 ? 5 : 10) * magnitude;
}
