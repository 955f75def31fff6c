// What a run of the fuzzer has to say, as a few lines of text.
import type { FuzzReport } from './run-fuzz.ts';

export function printReport(report: FuzzReport): string {
  const { operations, supergraphs, compared, seconds, differences, findings, unplanned, refused, faults } =
    report;
  const rate = Math.round(operations / Math.max(seconds, 0.001));
  return [
    `${operations} operations on ${supergraphs} supergraphs in ${seconds.toFixed(1)} s, ${rate} a second`,
    `${compared} answers compared, ${differences} differences`,
    `the engine: ${report.wrongAnswers} wrong answers, ${report.refusals} operations that no planner plans`,
    ...section('findings', findings),
    ...section('not planned, or wrongly', unplanned),
    ...section('faults', faults),
    ...section('made again', refused),
  ].join('\n');
}

function section(title: string, counts: ReadonlyMap<string, number>): string[] {
  const lines = [...counts].toSorted(([, left], [, right]) => right - left);
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map(([name, times]) => `  ${times} ${name}`)];
}
