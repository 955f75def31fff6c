// The results as one picture: for each scenario, CPU a thousand requests of every contestant as bars, ours marked.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScenarioResult } from './results.ts';
import { summarise, type SummaryRow } from './summary.ts';

const width = 1_100;
const nameWidth = 290;
const barsWidth = width - nameWidth - 190;
const rowHeight = 26;
const panelHead = 54;
const head = 76;
const ink = '#24292f';
const dim = '#57606a';
const ownColour = '#0969da';
const controlColour = '#80b3e6';
const otherColour = '#bc4c00';
const floorColour = '#8c959f';

type Attributes = Readonly<Record<string, string | number>>;

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const element = (name: string, attributes: Attributes, inner = '') => {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(typeof value === 'number' ? String(+value.toFixed(1)) : value)}"`,
  );
  return `<${name}${written.join('')}>${inner}</${name}>`;
};
const text = (x: number, y: number, content: string, more: Attributes = {}) =>
  element('text', { x, y, fill: ink, 'font-size': 13, ...more }, escaped(content));

export function chartOf(results: readonly ScenarioResult[]): string {
  const panels: string[] = [];
  let top = head;
  for (const result of results) {
    const rows = summarise(result);
    panels.push(panel(result, rows, top));
    top += panelHead + rows.length * rowHeight + 22;
  }
  const [first] = results;
  const caption = first === undefined ? 'Nothing was measured yet.' : first.machine;
  const parts = [
    element('rect', { width, height: top, fill: '#ffffff' }),
    text(24, 34, 'Federation gateways on Node: CPU of a thousand requests', {
      'font-size': 20,
      'font-weight': 600,
    }),
    text(24, 56, `${caption}; shorter is better`, { fill: dim, 'font-size': 12 }),
    ...panels,
  ];
  const style = 'font-family="Helvetica, Arial, sans-serif"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" ${style}>\n${parts.join('\n')}\n</svg>\n`;
}

function panel(result: ScenarioResult, rows: readonly SummaryRow[], top: number): string {
  const longest = Math.max(...rows.map(({ cpu }) => cpu));
  const where = `${result.connections} connections, ${result.rounds} rounds, commit ${result.commit}, ${result.date}`;
  const bars = rows.map((row, index) => {
    const y = top + panelHead + index * rowHeight;
    const length = Math.max(1, (row.cpu / longest) * barsWidth);
    const ratio = row.isOwn || row.ratio === undefined ? '' : `  (${row.ratio.toFixed(2)} ×)`;
    const label = `${Number(row.cpu.toPrecision(3))} s${ratio}`;
    return [
      text(nameWidth - 10, y + 15, row.title, {
        'text-anchor': 'end',
        'font-weight': row.isOwn ? 700 : 400,
      }),
      element('rect', { x: nameWidth, y: y + 2, width: length, height: rowHeight - 8, fill: colourOf(row) }),
      text(nameWidth + length + 8, y + 15, label, { 'font-size': 12 }),
    ].join('');
  });
  return [
    text(24, top + 18, result.title, { 'font-size': 15, 'font-weight': 600 }),
    text(24, top + 37, where, { fill: dim, 'font-size': 12 }),
    ...bars,
  ].join('\n');
}

function colourOf({ name, isOwn }: SummaryRow): string {
  if (isOwn) return ownColour;
  if (name === 'control') return controlColour;
  return name === 'limit' || name === 'echo' ? floorColour : otherColour;
}

export function writeChart(folder: string, results: readonly ScenarioResult[]): Promise<void> {
  return writeFile(join(folder, 'federation.svg'), chartOf(results));
}
