// Reads a CPU profile of V8: samples of the stack, each with the time since the one before it. The time is given to
// functions, packages, services and our own files; what the process did while idle is left out.

import {
  firstPackage,
  nearestPackage,
  placeOf,
  serviceOf,
  type CallFrame,
  type Place,
} from './profile-place.ts';

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly name: string;
  /** On top of the stack. */
  readonly selfMs: number;
  /** Anywhere on the stack, each sample once. */
  readonly inclusiveMs: number;
}

export interface ProfileAnalysis {
  readonly busyMs: number;
  /** Our packages and services, npm packages, parts of Node, JSON, garbage collection. */
  readonly groups: readonly Share[];
  readonly functions: readonly Share[];
  /** By the own file nearest to the top of the stack: what it and all that it calls costs. */
  readonly ownFiles: readonly Share[];
  /** By the service's file nearest to the top; what no service's file stands under, by the package that began it. */
  readonly services: readonly Share[];
}

/** A sample that comes later than this many intervals says where the thread stood while it had no core. */
const latestIntervals = 2.5;

/**
 * The profiler goes by the clock: on a busy machine most of what it sees is waiting for a core, booked to whatever
 * woke another process. Each sample stands for one interval of CPU here, and late ones for none.
 */
export function withoutWaiting(profile: CpuProfile, intervalMicroseconds: number): CpuProfile {
  const weight = (delta: number) =>
    delta > latestIntervals * intervalMicroseconds ? 0 : Math.min(delta, intervalMicroseconds);
  return { ...profile, timeDeltas: profile.timeDeltas.map(weight) };
}

export function analyseProfile(profile: CpuProfile, rootUrl: string): ProfileAnalysis {
  const [groups, functions, ownFiles, services] = [tally(), tally(), tally(), tally()];
  let busyMs = 0;
  for (const { frames, ms } of stacksOf(profile, rootUrl)) {
    const [top] = frames;
    if (top === undefined || top.name === '(idle)') continue;
    busyMs += ms;
    const groupNames = frames.map(({ group }) => group);
    const write = `system call: write, by ${nearestPackage(frames) ?? 'Node itself'}`;
    groups.add(top.isWrite === true ? [write, ...groupNames] : groupNames, ms);
    const names = frames.map(({ name }) => name);
    functions.add(names, ms);
    const own = frames.flatMap(({ ownFile }) => ownFile ?? []);
    ownFiles.add(own, ms);
    services.add([ownerOf(frames, own)], ms);
  }
  return {
    busyMs,
    groups: groups.shares(),
    functions: functions.shares(),
    ownFiles: ownFiles.shares(),
    services: services.shares(),
  };
}

/** Each distinct stack, from its top down, with the time that was spent on it. */
function* stacksOf({ nodes, samples, timeDeltas }: CpuProfile, rootUrl: string) {
  const placeById = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame, rootUrl)]));
  const parentOf = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const selfMs = new Map<number, number>();
  samples.forEach((id, index) => selfMs.set(id, (selfMs.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1_000));
  for (const [id, ms] of selfMs) {
    const frames: Place[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parentOf.get(at)) {
      const place = placeById.get(at);
      if (place !== undefined && place.name !== '(root)') frames.push(place);
    }
    yield { frames, ms };
  }
}

function ownerOf(frames: readonly Place[], ownFiles: readonly string[]): string {
  const service = ownFiles.map(serviceOf).find((name) => name !== undefined);
  if (service !== undefined) return service;
  const first = firstPackage(frames);
  if (first !== undefined) return `begun by ${first}`;
  return frames.length === 1 && frames[0]?.kind === 'native' ? frames[0].group : '(Node alone)';
}

function tally() {
  const shares = new Map<string, { selfMs: number; inclusiveMs: number }>();
  return {
    /** Names from the top of a stack down. */
    add(names: readonly string[], ms: number): void {
      for (const name of new Set(names)) {
        const share = shares.get(name) ?? { selfMs: 0, inclusiveMs: 0 };
        share.inclusiveMs += ms;
        if (name === names[0]) share.selfMs += ms;
        shares.set(name, share);
      }
    },
    shares: (): Share[] =>
      [...shares].map(([name, share]) => ({ name, ...share })).toSorted((a, b) => b.selfMs - a.selfMs),
  };
}
