// Results as a page: what was run, on which machine, and every figure in one table.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { commit, machine } from './circumstances.ts';

/** A table row: the first cell is a name, the others are figures. */
export type Row = readonly string[];

export function markdownTable(head: Row, rows: readonly Row[]): string {
  const lineOf = (cells: Row) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    lineOf(head),
    lineOf(head.map((_, column) => (column === 0 ? '---' : '--:'))),
    ...rows.map(lineOf),
  ].join('\n');
}

/** What a figure must carry to mean anything. */
export function circumstances(command: string): string {
  const busy = loadavg().map((value) => value.toFixed(1));
  return [
    `- command: \`${command}\` in gateway/`,
    `- machine: ${machine()}; load average at the end ${busy.join(' ')}`,
    `- commit: ${commit()}`,
    `- date: ${new Date().toISOString().slice(0, 10)}`,
  ].join('\n');
}

export async function writePage(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${text}\n`);
}

/** Two figures where there is something behind the point that matters. */
export function milliseconds(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1);
}
