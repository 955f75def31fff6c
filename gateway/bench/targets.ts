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

const mostMemoryMb = 300;
const memory: Target = {
  text: `under ${mostMemoryMb} MB at any time`,
  figure: (rows) => row(rows, ownName)?.maxRssMb,
  isReached: (figure) => figure < mostMemoryMb,
};

const peers = ['apollo', 'hive', 'hive-rust'];
const bestPeer: Target = {
  text: 'at least 4 × less CPU than the best of the others measured',
  figure(rows) {
    const ratios = peers.flatMap((name) => row(rows, name)?.ratio ?? []);
    return ratios.length === 0 ? undefined : Math.min(...ratios);
  },
  isReached: (figure) => figure >= 4,
};

const byScenario: Readonly<Record<string, readonly Target[]>> = {
  'public-unshared': [
    atLeastTimesLess(5, 'hive-rust', 'Hive Gateway with its Rust planner'),
    atLeastTimesLess(9, 'apollo', '@apollo/gateway'),
    atMostTimesFloor(2.5, 'Node’s limit'),
    atMostTimesFloor(1.5, 'Node’s limit (the goal)'),
    memory,
  ],
  'public-identical': [
    atLeastTimesLess(2, 'hive', 'Hive Gateway with all its de-duplication'),
    atLeastTimesLess(2, 'hive-rust', 'the same with its Rust planner'),
    memory,
  ],
  trivial: [atMostTimesFloor(2.5, 'an echo server'), memory],
  shipments: [bestPeer],
};

export function judge(scenario: string, rows: Rows): Verdict[] {
  return (byScenario[scenario] ?? []).flatMap(({ text, figure, isReached }) => {
    const value = figure(rows);
    return value === undefined ? [] : [{ text, figure: value, isReached: isReached(value) }];
  });
}
