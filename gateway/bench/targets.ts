// What the engine set out to reach, scenario by scenario, and whether a run shows it.
import { ownName } from './contestants.ts';
import type { SummaryRow } from './summary.ts';

type Rows = readonly SummaryRow[];

export interface Target {
  readonly text: string;
  /** Undefined when what it takes was not measured. */
  figure(rows: Rows): number | undefined;
  isReached(figure: number): boolean;
}

export interface Verdict {
  readonly text: string;
  readonly figure: number;
  readonly isReached: boolean;
}

const row = (rows: Rows, name: string) => rows.find((one) => one.name === name);
const floorRatio = (rows: Rows) => row(rows, ownName)?.floorRatio;

function atLeastTimesLess(times: number, name: string, title: string): Target {
  return {
    text: `at least ${times} × less CPU than ${title}`,
    figure: (rows) => row(rows, name)?.ratio,
    isReached: (figure) => figure >= times,
  };
}

function atMostTimesFloor(times: number, title: string): Target {
  return {
    text: `at most ${times} × the CPU of ${title}`,
    figure: floorRatio,
    isReached: (figure) => figure <= times,
  };
}

/** Times less CPU than each of the others, and times more than the least that is possible: what was aimed at. */
const timesLess = { bestPeer: 4, hiveRust: 5, apollo: 9, deduplicating: 2 };
const timesFloor = { most: 2.5, goal: 1.5 };

const mostMemoryMb = 300;
const memory: Target = {
  text: `under ${mostMemoryMb} MB at any time`,
  figure: (rows) => row(rows, ownName)?.maxRssMb,
  isReached: (figure) => figure < mostMemoryMb,
};

const peers = ['apollo', 'hive', 'hive-rust'];
const bestPeer: Target = {
  text: `at least ${timesLess.bestPeer} × less CPU than the best of the others measured`,
  figure(rows) {
    const ratios = peers.flatMap((name) => row(rows, name)?.ratio ?? []);
    return ratios.length === 0 ? undefined : Math.min(...ratios);
  },
  isReached: (figure) => figure >= timesLess.bestPeer,
};

const byScenario: Readonly<Record<string, readonly Target[]>> = {
  'public-unshared': [
    atLeastTimesLess(timesLess.hiveRust, 'hive-rust', 'Hive Gateway with its Rust planner'),
    atLeastTimesLess(timesLess.apollo, 'apollo', '@apollo/gateway'),
    atMostTimesFloor(timesFloor.most, 'Node’s limit'),
    atMostTimesFloor(timesFloor.goal, 'Node’s limit (the goal)'),
    memory,
  ],
  'public-identical': [
    atLeastTimesLess(timesLess.deduplicating, 'hive', 'Hive Gateway with all its de-duplication'),
    atLeastTimesLess(timesLess.deduplicating, 'hive-rust', 'the same with its Rust planner'),
    memory,
  ],
  trivial: [atMostTimesFloor(timesFloor.most, 'an echo server'), memory],
  shipments: [bestPeer],
};

export function judge(scenario: string, rows: Rows): Verdict[] {
  return (byScenario[scenario] ?? []).flatMap(({ text, figure, isReached }) => {
    const value = figure(rows);
    return value === undefined ? [] : [{ text, figure: value, isReached: isReached(value) }];
  });
}
