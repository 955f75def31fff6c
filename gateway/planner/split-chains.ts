// Planners make plans in waves, each as slow as the slowest fetch of the one before, whoever needs that. Here a fetch waits
// for those only that bring something it reads, as far as sequences and branches can say so: what has nothing to do with
// each other becomes branches. Fetches stay as they are, so that no request is added.
import { needsOf, type Before, type Fetch, type Types } from './fetch-needs.ts';
import { fetchesOf } from './fetch-operation.ts';
import type { Plan, PlanNode } from './plan.ts';

/** Fetches: time grows faster than their number, and so many take some 40 ms on a slow core. Larger plans stay in waves. */
const mostFetches = 150;

export function splitChains(plan: Plan, types: Types, rootType: string): Plan {
  const { root } = plan;
  if (root === undefined || hasDefer(root)) return plan;
  const ends = endsOf(root);
  if (ends.size > mostFetches) return plan;
  const needs = needsOf(ends, types, rootType);
  if (waitCount(needs) === waitCount(ends)) return plan;
  const split = arrange(needs, [...needs.keys()]);
  return waitCount(endsOf(split)) < waitCount(ends) ? { root: split } : plan;
}

/** Deferred parts wait for fetches by their ids, and are branches already. */
function hasDefer(node: PlanNode): boolean {
  if (node.kind === 'defer') return true;
  return (node.kind === 'sequence' || node.kind === 'parallel') && node.nodes.some(hasDefer);
}

/** For each fetch all those that the plan ends before it. */
function endsOf(root: PlanNode): Before {
  const ends = new Map<Fetch, ReadonlySet<Fetch>>();
  const place = (node: PlanNode, before: ReadonlySet<Fetch>): void => {
    if (node.kind === 'root' || node.kind === 'entities') ends.set(node, before);
    else if (node.kind === 'parallel') for (const child of node.nodes) place(child, before);
    else if (node.kind === 'sequence') {
      let known = before;
      for (const child of node.nodes) {
        place(child, known);
        known = known.union(new Set(fetchesOf(child)));
      }
    }
  };
  place(root, new Set());
  return ends;
}

function waitCount(ends: Before): number {
  return [...ends.values()].reduce((count, { size }) => count + size, 0);
}

/** Fetches in an order in which each comes after all that it needs. */
function arrange(needs: Before, fetches: readonly Fetch[]): PlanNode {
  const groups = connected(needs, fetches);
  if (groups.length > 1) return { kind: 'parallel', nodes: groups.map((group) => arrange(needs, group)) };
  const [only] = fetches;
  if (only !== undefined && fetches.length === 1) return only;
  const [first, second] = bestCut(needs, fetches);
  const nodes = [arrange(needs, first), arrange(needs, second)];
  return {
    kind: 'sequence',
    nodes: nodes.flatMap((node) => (node.kind === 'sequence' ? node.nodes : [node])),
  };
}

/** Groups of which none needs anything of another. */
function connected(needs: Before, fetches: readonly Fetch[]): Fetch[][] {
  let groups: Fetch[][] = [];
  for (const fetch of fetches) {
    const needed = needs.get(fetch);
    const isNeeded = (group: readonly Fetch[]) => group.some((other) => needed?.has(other) === true);
    const joined = groups.filter(isNeeded).flat();
    groups = [...groups.filter((group) => !isNeeded(group)), [...joined, fetch]];
  }
  return groups;
}

type Cut = readonly [first: readonly Fetch[], second: readonly Fetch[]];

/** Of two places where connected fetches can be cut the one at which fewer wait for what they do not need. */
function bestCut(needs: Before, fetches: readonly Fetch[]): Cut {
  const begin = cutAfterFirst(needs, fetches);
  const meet = cutBeforeMeeting(needs, fetches);
  return needlessWaits(needs, meet) < needlessWaits(needs, begin) ? meet : begin;
}

/** After all that need nothing else of these. */
function cutAfterFirst(needs: Before, fetches: readonly Fetch[]): Cut {
  const isFirst = (fetch: Fetch) => needs.get(fetch)?.isDisjointFrom(new Set(fetches)) === true;
  return [fetches.filter(isFirst), fetches.filter((fetch) => !isFirst(fetch))];
}

/** Before the fetches that need something of several branches; each branch is as long as it can be. */
function cutBeforeMeeting(needs: Before, fetches: readonly Fetch[]): Cut {
  const branchOf = new Map<Fetch, Fetch>();
  const later = new Set<Fetch>();
  const among = new Set(fetches);
  for (const fetch of fetches) {
    const needed = needs.get(fetch)?.intersection(among) ?? new Set();
    const branches = new Set([...needed].map((other) => branchOf.get(other)));
    const [branch = fetch] = branches;
    if (branches.size > 1 || !needed.isDisjointFrom(later)) later.add(fetch);
    else branchOf.set(fetch, branch);
  }
  return [[...branchOf.keys()], [...later]];
}

function needlessWaits(needs: Before, [first, second]: Cut): number {
  if (second.length === 0) return Number.POSITIVE_INFINITY;
  const before = new Set(first);
  return second.reduce((count, fetch) => count + before.difference(needs.get(fetch) ?? new Set()).size, 0);
}
