// Bounded runs of the fuzzer: one that is always the same, one that is new each time and prints its seed.
// FUZZ_OPERATIONS and FUZZ_SECONDS make them longer: `FUZZ_OPERATIONS=100000 FUZZ_SECONDS=3600 node --test …`.
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { checkOperation, isUnplanned } from './check-operation.ts';
import { Facts } from './facts.ts';
import { inventFor, inventSupergraph } from './fuzz-case.ts';
import { inventWorld } from './invent-world.ts';
import { Planning } from './planning.ts';
import { noFaults, openCase } from './open-case.ts';
import { printReport } from './print-report.ts';
import { Random, seedOf } from './random.ts';
import { runFuzz, type Found, type FuzzReport } from './run-fuzz.ts';
import { serveMonolith } from './serve-monolith.ts';

const operations = Number(process.env['FUZZ_OPERATIONS'] ?? 400);
/** Each run takes a few; one that is not done by then has failed, so that no machine does less than another. */
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 90);

/**
 * Of the operations: planners make wrong plans, and each new seed meets others of them. What executors do with a plan
 * has no such allowance.
 */
const mostWrongPlans = 0.01;

async function run(seed: number): Promise<{ report: FuzzReport; found: Found[] }> {
  const planning = new Planning();
  const found: Found[] = [];
  try {
    const report = await runFuzz(
      {
        seed,
        operations,
        seconds,
        operationsEach: 40,
        planners: ['native', 'apollo'],
        apolloEvery: 3,
        firstSupergraph: 0,
        operation: undefined,
      },
      planning,
      (one) => void (one.finding.isDifference && found.push(one)),
    );
    return { report, found };
  } finally {
    planning.close();
  }
}

function told(seed: number, found: readonly Found[]): string[] {
  return found.map(
    ({ finding, supergraph, operation }) =>
      `${finding.kind}: node gateway/fuzz/main.ts --seed ${seed} --supergraph ${supergraph} --operation ${operation}`,
  );
}

for (const [title, seed] of [
  ['with the seed 1', 1],
  ['with a fresh seed', Date.now() % 1_000_000],
] as const) {
  test(`random operations are answered as by one schema, ${title}`, async (context) => {
    const { report, found } = await run(seed);
    context.diagnostic(`seed ${seed}`);
    context.diagnostic(printReport(report));
    const isOfPlan = ({ finding: { kind } }: Found) => /^(native|apollo) plan /.test(kind);
    for (const line of told(seed, found)) context.diagnostic(line);
    deepEqual(
      told(
        seed,
        found.filter((one) => !isOfPlan(one)),
      ),
      [],
    );
    ok(
      report.wrongAnswers <= Math.ceil(report.operations * mostWrongPlans),
      `${report.wrongAnswers} wrong plans`,
    );
    equal(report.operations, operations);
    ok(report.compared > report.operations, 'most operations are planned and compared');
  });
}

test('the same seed makes the same supergraph, data and operations', async () => {
  const [first, second, other] = [inventSupergraph(5, 3), inventSupergraph(5, 3), inventSupergraph(5, 4)];
  ok('sdls' in first && 'sdls' in second && 'sdls' in other);
  deepEqual(first.sdls, second.sdls);
  deepEqual(first.world, second.world);
  notEqual(JSON.stringify(first.sdls), JSON.stringify(other.sdls));
  const planning = new Planning();
  try {
    const { facts, engines } = await openCase(first.sdls, first.world, planning);
    const source = { facts, schema: engines.apiSchema };
    const texts = [0, 0, 1].map((number) => inventFor(source, 5, 3, number).operation?.text);
    equal(texts[0], texts[1]);
    notEqual(texts[0], texts[2]);
  } finally {
    planning.close();
  }
});

test('an engine that answers with other data is found out', async () => {
  const invented = inventSupergraph(9, 0);
  ok('sdls' in invented);
  const planning = new Planning();
  try {
    const opened = await openCase(invented.sdls, invented.world, planning);
    const facts = new Facts(invented.sdls);
    const otherWorld = inventWorld(facts, new Random(seedOf(9, 0, 99)));
    const lying = { ...opened, monolith: serveMonolith(facts, otherWorld, opened.engines.apiSchema) };
    const source = { facts, schema: opened.engines.apiSchema };
    let differences = 0;
    for (let number = 0; number < 10; number += 1) {
      const { operation } = inventFor(source, 9, 0, number);
      if (operation === undefined) continue;
      const options = { planners: ['native'] as const, faults: noFaults, isUneven: false, hasRequires: true };
      const findings = await checkOperation(lying, operation, options);
      differences += findings.filter((finding) => !isUnplanned(finding)).length;
    }
    ok(differences > 0);
  } finally {
    planning.close();
  }
});
