// Tables as Markdown has them, padded so that they also read well as text.

export type Cell = string | number | undefined;

/** The first column holds names; the others hold figures and are aligned right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows].map((row) => row.map(written));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const lineOf = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => padded(cells[column] ?? '', width, column)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [first = [], ...rest] = lines;
  return [lineOf(first), rule, ...rest.map(lineOf)].join('\n');
}

function written(cell: Cell): string {
  if (cell === undefined) return '–';
  return typeof cell === 'number' ? figure(cell) : cell.replaceAll('|', '\\|');
}

function padded(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

/** Three digits are as many as a measurement on a shared machine is good for. */
export function figure(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(magnitude >= 10 ? 1 : 2);
}
