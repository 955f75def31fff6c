// Results as a page: what was run, on which machine, and every figure in one table.
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname } from 'node:path';

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
  const [cpu] = cpus();
  const machine = `${cpu?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const busy = loadavg().map((value) => value.toFixed(1));
  return [
    `- command: \`${command}\` in gateway/`,
    `- machine: ${machine}, Node ${process.version}; load average at the end ${busy.join(' ')}`,
    `- commit: ${commit()}`,
    `- date: ${new Date().toISOString().slice(0, 10)}`,
  ].join('\n');
}

function commit(): string {
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', ':(top)', ':(top,exclude)gateway/bench/results');
    return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' with uncommitted changes'}`;
  } catch {
    return 'not in a git checkout';
  }
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
