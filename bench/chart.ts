// The bench as one picture: how long an order takes and what it costs, by rate, the wirings side by side.
import { cpuPerOrder } from './cost.ts';
import { generatorName, postgresName } from './process-sampler.ts';
import type { BenchResult, RateResult } from './results.ts';
import { linearScale, logScale, type Scale } from './scale.ts';

const width = 1_240;
const height = 500;
const panel = { top: 96, height: 300, width: 316, left: [70, 480, 890] } as const;
const ink = '#24292f';
const faint = '#d8dee4';
const dim = '#57606a';
/** Told apart also without colours: solid and dashed lines, plain and striped bars. */
const wiringStyles = {
  embedded: { colour: '#0969da', dash: '' },
  services: { colour: '#bc4c00', dash: '7 4' },
} as const;
const costColours = {
  'own code': '#0969da',
  postgres: '#1a7f37',
  redis: '#cf222e',
  exchange: '#8250df',
} as const;

type Attributes = Readonly<Record<string, string | number>>;

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes)
    .map(
      ([name, value]) =>
        ` ${name}="${escaped(typeof value === 'number' ? String(+value.toFixed(1)) : value)}"`,
    )
    .join('');
const element = (name: string, attributes: Attributes, inner = '') =>
  `<${name}${attributesOf(attributes)}>${inner}</${name}>`;
const text = (x: number, y: number, content: string, more: Attributes = {}) =>
  element('text', { x, y, fill: ink, 'font-size': 13, ...more }, escaped(content));

export function chartOf(results: readonly BenchResult[]): string {
  const rates = [...new Set(results.flatMap((result) => result.rates.map(({ rate }) => rate)))].toSorted(
    (a, b) => a - b,
  );
  const parts = [
    element('rect', { width, height, fill: '#ffffff' }),
    text(24, 34, 'SimpleBank: latency and CPU of an order, by rate', { 'font-size': 20, 'font-weight': 600 }),
    text(24, 56, captionOf(results), { fill: dim, 'font-size': 12 }),
    latencyPanel(results, rates, panel.left[0], 'Accept: due → answer, ms (log)', ({ accept }) => accept),
    latencyPanel(results, rates, panel.left[1], 'Answer → completed, ms (log)', ({ complete }) => complete),
    costPanel(results, rates, panel.left[2]),
    legend(results),
  ];
  const style = `font-family="Helvetica, Arial, sans-serif"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${style}>\n${parts.join('\n')}\n</svg>\n`;
}

function captionOf(results: readonly BenchResult[]): string {
  const [first] = results;
  if (first === undefined) return 'Nothing was benched yet.';
  const commits = results.map(({ wiring, commit, date }) => `${wiring} at ${commit}, ${date.slice(0, 10)}`);
  return `${first.machine.cpu}, ${first.machine.cores} cores for bank, Postgres and load together; ${commits.join('; ')}`;
}

/** Where a rate stands in a panel: evenly spaced, as the rates are steps and no continuum. */
const columnOf = (rates: readonly number[], left: number, rate: number) =>
  left + ((rates.indexOf(rate) + 0.5) * panel.width) / rates.length;

function frame(rates: readonly number[], left: number, title: string, scale: Scale): string {
  const bottom = panel.top + panel.height;
  const lines = scale.ticks.map(({ value, label }) => {
    const y = bottom - scale.position(value) * panel.height;
    const line = element('line', { x1: left, x2: left + panel.width, y1: y, y2: y, stroke: faint });
    return line + text(left - 8, y + 4, label, { 'text-anchor': 'end', fill: dim, 'font-size': 12 });
  });
  const labels = rates.map((rate) =>
    text(columnOf(rates, left, rate), bottom + 20, String(rate), { 'text-anchor': 'middle', fill: dim }),
  );
  const below = text(left + panel.width / 2, bottom + 40, 'orders offered a second', {
    'text-anchor': 'middle',
    fill: dim,
    'font-size': 12,
  });
  const axis = element('line', { x1: left, x2: left + panel.width, y1: bottom, y2: bottom, stroke: ink });
  return [text(left, panel.top - 14, title, { 'font-weight': 600 }), ...lines, axis, ...labels, below].join(
    '',
  );
}

type SpreadOf = (rate: RateResult) => RateResult['accept'];

function latencyPanel(
  results: readonly BenchResult[],
  rates: readonly number[],
  left: number,
  title: string,
  spreadOf: SpreadOf,
): string {
  const values = results.flatMap((result) =>
    result.rates.flatMap((rate) => {
      const spread = spreadOf(rate);
      return spread === undefined ? [] : [spread.p50, spread.p99];
    }),
  );
  const scale = logScale(values);
  const lines = results.flatMap(({ wiring, rates: measured }) => {
    const { colour, dash } = wiringStyles[wiring];
    return (['p50', 'p99'] as const).map((percentile) => {
      const points = measured.flatMap((rate) => {
        const value = spreadOf(rate)?.[percentile];
        if (value === undefined) return [];
        const y = panel.top + (1 - scale.position(value)) * panel.height;
        return [{ x: columnOf(rates, left, rate.rate), y }];
      });
      const line = element('polyline', {
        points: points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
        fill: 'none',
        stroke: colour,
        'stroke-width': percentile === 'p50' ? 2 : 3,
        'stroke-dasharray': dash,
      });
      const fill = percentile === 'p50' ? '#ffffff' : colour;
      const dots = points.map(({ x, y }) =>
        element('circle', { cx: x, cy: y, r: 4.5, fill, stroke: colour, 'stroke-width': 2 }),
      );
      return line + dots.join('');
    });
  });
  return frame(rates, left, title, scale) + lines.join('');
}

/** A process that is no infrastructure is one of the bank's services, alone or all of them. */
function costsOf(result: BenchResult, rate: RateResult): { part: keyof typeof costColours; ms: number }[] {
  const sums = { 'own code': 0, postgres: 0, redis: 0, exchange: 0 };
  for (const name of Object.keys(rate.cpuMs)) {
    if (name === generatorName) continue;
    const part = name === postgresName || name === 'redis' || name === 'exchange' ? name : 'own code';
    sums[part] += Math.max(0, cpuPerOrder(name, rate, result.idle)?.lessIdle ?? 0);
  }
  return (Object.keys(costColours) as (keyof typeof costColours)[]).map((part) => ({ part, ms: sums[part] }));
}

function costPanel(results: readonly BenchResult[], rates: readonly number[], left: number): string {
  const stacks = results.flatMap((result, index) =>
    result.rates.map((rate) => ({
      index,
      wiring: result.wiring,
      rate: rate.rate,
      costs: costsOf(result, rate),
    })),
  );
  const totalOf = (costs: readonly { ms: number }[]) => costs.reduce((sum, { ms }) => sum + ms, 0);
  const scale = linearScale(Math.max(0, ...stacks.map(({ costs }) => totalOf(costs))));
  const slot = panel.width / Math.max(1, rates.length);
  const barWidth = Math.min(46, (slot * 0.8) / Math.max(1, results.length));
  const bottom = panel.top + panel.height;
  const bars = stacks.map(({ index, wiring, rate, costs }) => {
    const x = columnOf(rates, left, rate) + (index - results.length / 2) * barWidth;
    let below = 0;
    const pieces = costs.map(({ part, ms }) => {
      const barHeight = scale.position(ms) * panel.height;
      below += barHeight;
      const box = { x: x + 1, y: bottom - below, width: barWidth - 2, height: barHeight };
      return element('rect', { ...box, fill: costColours[part], stroke: '#ffffff', 'stroke-width': 0.5 });
    });
    const label = text(x + barWidth / 2, bottom - below - 6, wiring.slice(0, 1).toUpperCase(), {
      'text-anchor': 'middle',
      'font-size': 11,
      fill: wiringStyles[wiring].colour,
      'font-weight': 700,
    });
    return pieces.join('') + label;
  });
  return frame(rates, left, 'CPU an order, less idle, ms', scale) + bars.join('');
}

function legend(results: readonly BenchResult[]): string {
  const y = height - 26;
  const wirings = results.map(({ wiring }, index) => {
    const { colour, dash } = wiringStyles[wiring];
    const x = 70 + index * 300;
    const line = { x1: x, x2: x + 44, y1: y - 4, y2: y - 4, stroke: colour, 'stroke-width': 3 };
    const name = `${wiring} (${wiring.slice(0, 1).toUpperCase()}): p50 hollow, p99 full`;
    return (
      element('line', { ...line, 'stroke-dasharray': dash }) + text(x + 52, y, name, { 'font-size': 12 })
    );
  });
  const parts = Object.entries(costColours).map(([part, colour], index) => {
    const x = panel.left[2] - 30 + index * 90;
    const box = element('rect', { x, y: y - 11, width: 12, height: 12, fill: colour });
    return box + text(x + 17, y, part, { 'font-size': 12 });
  });
  return [...wirings, ...parts].join('');
}
