// The command line of the bench.
import { parseArgs } from 'node:util';
import type { Effort } from './measure-scenario.ts';

export interface BenchArguments {
  readonly data: string | undefined;
  readonly scenarios: readonly string[] | undefined;
  readonly peers: readonly string[] | undefined;
  readonly isQuick: boolean;
  readonly effort: Effort;
  /** Undefined: the results of this repository, or nowhere for a quick run. */
  readonly out: string | undefined;
}

export const usage = `npm run bench -w gateway -- [options]

  --data DIR         adds the public benchmark: supergraph.graphql, query.json, data.json, expected.json
  --scenario a,b     public-unshared, public-identical, trivial, shipments; default all that can run
  --peers a,b        simplebank, control, apollo, hive, hive-rust, limit, echo; default all
  --rounds N         default 7
  --seconds N        of a slice, default 5
  --quick            one round of short slices with few connections: whether it works, not how fast it is
  --out DIR          where pages, figures and the chart go; default bench/results, a quick run writes nothing`;

const standard: Effort = { rounds: 7, sliceSeconds: 5, warmUpSeconds: 10 };
const quick: Effort = { rounds: 1, sliceSeconds: 1, warmUpSeconds: 1 };

/** Undefined: help was asked for. Throws when a word is not understood. */
export function readArguments(words: readonly string[]): BenchArguments | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      data: { type: 'string' },
      scenario: { type: 'string' },
      peers: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const fallback = values.quick ? quick : standard;
  return {
    data: values.data,
    scenarios: values.scenario?.split(','),
    peers: values.peers?.split(','),
    isQuick: values.quick,
    effort: {
      rounds: positive(values.rounds, '--rounds') ?? fallback.rounds,
      sliceSeconds: positive(values.seconds, '--seconds') ?? fallback.sliceSeconds,
      warmUpSeconds: fallback.warmUpSeconds,
    },
    out: values.out,
  };
}

function positive(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name}: ${text} is no number above 0`);
  return value;
}
