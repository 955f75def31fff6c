// The fuzzer's loop: supergraph after supergraph, a number of operations on each, everything counted by what came of it.
import { checkOperation, isUnplanned, type Finding } from './check-operation.ts';
import { hasRequires, isUneven } from './choose-faults.ts';
import type { PlannerName } from './planning.ts';
import { inventFor, inventSupergraph, type FuzzCase } from './fuzz-case.ts';
import type { Planning } from './planning.ts';
import { openCase } from './open-case.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly operations: number;
  readonly seconds: number;
  /** Composition and loading cost as much as some operations. */
  readonly operationsEach: number;
  readonly planners: readonly PlannerName[];
  /** Apollo's planner takes as long as all the rest: it plans one operation in so many. */
  readonly apolloEvery: number;
  /** The first supergraph's number; with `operation` only that one is run. */
  readonly firstSupergraph: number;
  readonly operation: number | undefined;
}

export interface FuzzReport {
  readonly supergraphs: number;
  readonly operations: number;
  /** Answers that were held against the monolith's. */
  readonly compared: number;
  readonly seconds: number;
  /** How often, by kind; differences and what is merely counted. */
  readonly findings: ReadonlyMap<string, number>;
  readonly differences: number;
  /** Operations that the engine answers otherwise than the monolith: with the native plan, or Apollo's where it has none. */
  readonly wrongAnswers: number;
  /** Operations that no planner plans. */
  readonly refusals: number;
  /** Why planners refused operations or supergraphs, and what they asked of a subgraph that does not serve it. */
  readonly unplanned: ReadonlyMap<string, number>;
  /** Supergraphs that did not compose at first, by reason; operations that were not valid at first. */
  readonly refused: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
}

export interface Found {
  readonly supergraph: number;
  readonly operation: number;
  readonly finding: Finding;
  readonly fuzzCase: FuzzCase;
}

export async function runFuzz(
  options: FuzzOptions,
  planning: Planning,
  onFinding: (found: Found) => void | Promise<void>,
): Promise<FuzzReport> {
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const findings = new Map<string, number>();
  const refused = new Map<string, number>();
  const faults = new Map<string, number>();
  const unplanned = new Map<string, number>();
  const total = { supergraphs: 0, operations: 0, compared: 0, differences: 0, wrongAnswers: 0, refusals: 0 };
  const isDone = () => total.operations >= options.operations || elapsed() >= options.seconds;
  for (let supergraph = options.firstSupergraph; !isDone(); supergraph += 1) {
    const invented = inventSupergraph(options.seed, supergraph);
    for (const reason of invented.refused) count(refused, reason);
    if (!('sdls' in invented)) continue;
    const { sdls, world, supergraph: text } = invented;
    const opened = await openCase(sdls, world, planning, text);
    const uneven = isUneven(opened.facts);
    const requires = hasRequires(opened.facts);
    const source = { facts: opened.facts, schema: opened.engines.apiSchema };
    total.supergraphs += 1;
    const { operation: only } = options;
    const numbers = only === undefined ? [...Array(options.operationsEach).keys()] : [only];
    for (const number of numbers) {
      if (isDone()) break;
      const made = inventFor(source, options.seed, supergraph, number);
      if (made.rejected > 0) count(refused, 'operation with clashing names');
      if (made.operation === undefined) continue;
      total.operations += 1;
      count(faults, made.faults.fetch?.kind ?? (made.faults.field === undefined ? 'none' : 'failing field'));
      const fuzzCase: FuzzCase = { sdls, world, operation: made.operation, faults: made.faults };
      const planners = options.planners.filter(
        (planner) => planner === 'native' || only !== undefined || number % options.apolloEvery === 0,
      );
      const found = await checkOperation(opened, made.operation, {
        planners,
        faults: made.faults,
        isUneven: uneven,
        hasRequires: requires,
      });
      const notPlanned = found.filter(isUnplanned);
      const planFaults = found.filter((finding) => isUnplanned(finding) || asksWrongly(finding));
      for (const { planner, detail } of planFaults) count(unplanned, `${planner}: ${reasonOf(detail)}`);
      const asked = new Set([...planners, ...notPlanned.map(() => 'apollo' as const)]);
      total.compared += (asked.size - notPlanned.length) * 2;
      if (notPlanned.length === asked.size) total.refusals += 1;
      if (isWrongAnswer(found)) total.wrongAnswers += 1;
      for (const finding of found) {
        count(findings, finding.kind);
        if (finding.isDifference) total.differences += 1;
        await onFinding({ supergraph, operation: number, finding, fuzzCase });
      }
    }
    // One supergraph and one operation were asked for.
    if (only !== undefined) break;
  }
  return { ...total, seconds: elapsed(), findings, unplanned, refused, faults };
}

function asksWrongly({ kind }: Pick<Finding, 'kind'>): boolean {
  return kind.endsWith('asks wrongly');
}

function isWrongAnswer(found: readonly Finding[]): boolean {
  const hasNative = !found.some((finding) => finding.planner === 'native' && isUnplanned(finding));
  const engine = hasNative ? 'native' : 'apollo';
  return found.some(
    ({ planner, kind, isDifference }) =>
      planner === engine &&
      (asksWrongly({ kind }) || (isDifference && !kind.startsWith(`${planner} reference`))),
  );
}

/** Characters: what follows is the operation's own. */
const longestReason = 110;

/** Without names, which are different each time. */
function reasonOf(detail: string): string {
  return detail
    .replaceAll(/'[^']*'|"[^"]*"|\([^)]*\)|\{[^}]*\}/g, '…')
    .replaceAll(/\d+/g, 'n')
    .replaceAll(/\b[a-z]+(-n)? (is|was) asked/g, '… $2 asked')
    .replaceAll(/\b(type|field|from|of|has|alias|for) [\w.-]+/gi, '$1 …')
    .split('\n', 1)
    .join('')
    .slice(0, longestReason);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
