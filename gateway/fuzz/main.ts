// The differential fuzzer from the command line:
//   node gateway/fuzz/main.ts --operations 100000 --seed 7 --seconds 600 --out /tmp/cases
//   node gateway/fuzz/main.ts --seed 7 --supergraph 12 --operation 3    (one operation, shown in full)
//   node gateway/fuzz/main.ts --replay /tmp/cases/native-compiled-monolith-data
// It ends with 1 when anything differs.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCase, writeCase } from './case-files.ts';
import { checkOperation } from './check-operation.ts';
import { hasRequires, isUneven } from './choose-faults.ts';
import type { PlannerName } from './planning.ts';
import { Planning } from './planning.ts';
import { openCase } from './open-case.ts';
import { printReport } from './print-report.ts';
import { runFuzz, type Found } from './run-fuzz.ts';
import { shrinkCase } from './shrink-case.ts';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '3600' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    each: { type: 'string', default: '60' },
    supergraph: { type: 'string', default: '0' },
    operation: { type: 'string' },
    planners: { type: 'string', default: 'native,apollo' },
    'apollo-every': { type: 'string', default: '2' },
    out: { type: 'string' },
    /** Cases written for each kind of difference. */
    cases: { type: 'string', default: '2' },
    replay: { type: 'string' },
  },
});

const planners = values.planners.split(',') as PlannerName[];
const planning = new Planning();
try {
  process.exitCode = values.replay === undefined ? await fuzz() : await replay(values.replay);
} finally {
  planning.close();
}

async function fuzz(): Promise<number> {
  const seed = Number(values.seed);
  const written = new Map<string, number>();
  console.log(`seed ${seed}`);
  const report = await runFuzz(
    {
      seed,
      operations: Number(values.operations),
      seconds: Number(values.seconds),
      operationsEach: Number(values.each),
      planners,
      apolloEvery: Number(values['apollo-every']),
      firstSupergraph: Number(values.supergraph),
      operation: values.operation === undefined ? undefined : Number(values.operation),
    },
    planning,
    async (found) => {
      if (values.operation !== undefined) show(found);
      if (!found.finding.isDifference) return;
      const before = written.get(found.finding.kind) ?? 0;
      written.set(found.finding.kind, before + 1);
      if (before < Number(values.cases)) await keep(found, seed, before);
    },
  );
  console.log(printReport(report));
  return report.differences === 0 ? 0 : 1;
}

async function keep({ supergraph, operation, finding, fuzzCase }: Found, seed: number, number: number) {
  const command = `node gateway/fuzz/main.ts --seed ${seed} --supergraph ${supergraph} --operation ${operation}`;
  console.log(`${finding.kind}: ${command}`);
  if (values.out === undefined) return;
  const shrunk = await shrinkCase(fuzzCase, finding, planning);
  const folder = join(values.out, `${finding.kind.replaceAll(' ', '-')}-${number}`);
  await writeCase(folder, shrunk.fuzzCase, shrunk.finding, command);
  console.log(`  written to ${folder}`);
}

function show({ finding, fuzzCase: { sdls, operation, faults } }: Found): void {
  const { kind, detail, expected, actual } = finding;
  for (const [name, sdl] of Object.entries(sdls)) console.log(`# ${name}\n${sdl}`);
  console.log(operation.text);
  console.log(JSON.stringify({ variables: operation.variables, faults, kind, detail }));
  console.log(`expected ${JSON.stringify(expected)}`);
  console.log(`actual   ${JSON.stringify(actual)}`);
}

async function replay(folder: string): Promise<number> {
  const fuzzCase = await readCase(folder);
  const opened = await openCase(fuzzCase.sdls, fuzzCase.world, planning);
  const findings = await checkOperation(opened, fuzzCase.operation, {
    planners,
    faults: fuzzCase.faults,
    isUneven: isUneven(opened.facts),
    hasRequires: hasRequires(opened.facts),
  });
  for (const { kind, detail, expected, actual } of findings) {
    console.log(
      `${kind} ${detail}\nexpected ${JSON.stringify(expected)}\nactual   ${JSON.stringify(actual)}`,
    );
  }
  return findings.some(({ isDifference }) => isDifference) ? 1 : 0;
}
