// Runs a scenario: subgraphs, all gateways and the load as processes side by side, the gateways measured in turn in
// short slices, so that whatever else the machine does falls on all of them alike.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram, type BenchProcess } from './child-process.ts';
import { ownName, type Contestant, type Place } from './contestants.ts';
import type { FromLoad, ToLoad } from './load-process.ts';
import { startGateway, type MeasuredGateway } from './measured-gateway.ts';
import type { LeftOut, Measured, Slice } from './results.ts';
import type { BenchRequest, Scenario } from './scenario.ts';
import { recordTraffic } from './subgraph-traffic.ts';
import type { SubgraphCounts } from './subgraphs-process.ts';

export interface Effort {
  readonly rounds: number;
  readonly sliceSeconds: number;
  readonly warmUpSeconds: number;
}

const startMs = 60_000;
/** Beyond the time of a slice, for the requests that are under way at its end: 200 of the slowest gateway. */
const drainMs = 300_000;
/** Where the supergraph's text says the subgraphs stand, before the bench knows their port. */
const placeholder = 'http://subgraphs.invalid/';

type Tell = (line: string) => void;

/** Another's gateway that does not survive the load is left out, with what happened; ours has to. */
export async function measureScenario(
  scenario: Scenario,
  all: readonly Contestant[],
  effort: Effort,
  tell: Tell,
): Promise<{ readonly measured: readonly Measured[]; readonly leftOut: readonly LeftOut[] }> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-bench-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const subgraphs = opened.use(
    startProgram<SubgraphCounts | number>('./subgraphs-process.ts', [
      new URL(scenario.subgraphModule, import.meta.url).href,
      scenario.subgraphSource,
    ]),
  );
  const base = `http://127.0.0.1:${Number(await subgraphs.next(startMs))}/`;
  const supergraph = scenario.supergraph.replaceAll(placeholder, base);
  const place = {
    folder,
    supergraphFile: join(folder, 'supergraph.graphql'),
    trafficFile: join(folder, 'traffic.json'),
  };
  await writeFile(place.supergraphFile, supergraph);
  if (all.some(({ kind }) => kind === 'limit')) {
    const traffic = await recordTraffic(supergraph, scenario.requests, (name) => `${base}${name}`);
    await writeFile(place.trafficFile, JSON.stringify(traffic));
  }
  const load = opened.use(startProgram<FromLoad>('./load-process.ts', []));
  await warmTheOthers(load, scenario, all, place, effort);
  const running: { gateway: MeasuredGateway; slices: Slice[] }[] = [];
  const leftOut: LeftOut[] = [];
  for (const contestant of all) {
    const gateway = opened.use(await startGateway(contestant, place));
    await checkAnswers(load, gateway, scenario.requests);
    tell(`${scenario.name}: ${contestant.name} answers rightly; warming it up`);
    try {
      await runSlice(load, gateway, scenario, effort.warmUpSeconds);
      running.push({ gateway, slices: [] });
    } catch (fault) {
      if (contestant.isPeerPackage !== true) throw fault;
      tell(`${scenario.name}: left out: ${String(fault)}`);
      leftOut.push({ title: contestant.title, reason: String(fault) });
    }
  }
  for (let round = 0; round < effort.rounds; round += 1) {
    // Another one begins each time, so that none always follows the same neighbour's garbage and heat.
    const order = running.map((_, index) => running[(index + round) % running.length]);
    for (const one of order) {
      if (one === undefined) continue;
      const slice = await measureSlice(load, subgraphs, one.gateway, scenario, effort.sliceSeconds);
      one.slices.push(slice);
      const cost = slice.cpuMicroseconds / slice.requests / 1_000;
      tell(
        `${scenario.name}: round ${round + 1}, ${one.gateway.contestant.name}: ${cost.toFixed(3)} CPU s/1k`,
      );
    }
  }
  // Awaited here, since the processes end with this function.
  const measured = await Promise.all(
    running.map(async ({ gateway, slices }) => ({
      name: gateway.contestant.name,
      title: gateway.contestant.title,
      kind: gateway.contestant.kind,
      isOwn: gateway.contestant.name === ownName,
      maxRssBytes: (await gateway.usage()).maxRssBytes,
      slices,
    })),
  );
  return { measured, leftOut };
}

/** Subgraphs and load are fast only after a while; no gateway shall compile its code against slow ones. */
async function warmTheOthers(
  load: BenchProcess<FromLoad>,
  scenario: Scenario,
  [first]: readonly Contestant[],
  place: Place,
  { warmUpSeconds }: Effort,
): Promise<void> {
  if (first === undefined) return;
  await using gateway = await startGateway(first, place);
  await checkAnswers(load, gateway, scenario.requests);
  await runSlice(load, gateway, scenario, warmUpSeconds);
}

async function checkAnswers(
  load: BenchProcess<FromLoad>,
  { contestant, port }: MeasuredGateway,
  requests: readonly BenchRequest[],
): Promise<void> {
  const asked: ToLoad = {
    kind: 'check',
    port,
    // An echo server's right answer is the request.
    requests: contestant.kind === 'echo' ? requests.map(({ body }) => ({ body, answer: body })) : requests,
  };
  const checked = await load.ask(asked, startMs);
  const reason =
    checked.kind === 'checked' ? checked.wrong : checked.kind === 'failed' ? checked.reason : undefined;
  if (reason !== undefined) throw new Error(`${contestant.name} answers wrongly: ${reason}`);
}

async function runSlice(
  load: BenchProcess<FromLoad>,
  { contestant, port }: MeasuredGateway,
  { connections, authorization }: Scenario,
  seconds: number,
) {
  const asked: ToLoad = { kind: 'run', port, seconds, connections, authorization };
  const answer = await load.ask(asked, seconds * 1_000 + drainMs);
  if (answer.kind !== 'ran') {
    throw new Error(`${contestant.name}: ${answer.kind === 'failed' ? answer.reason : answer.kind}`);
  }
  return answer.ran;
}

async function measureSlice(
  load: BenchProcess<FromLoad>,
  subgraphs: BenchProcess<SubgraphCounts | number>,
  gateway: MeasuredGateway,
  scenario: Scenario,
  seconds: number,
): Promise<Slice> {
  const countsBefore = (await subgraphs.ask('counts', startMs)) as SubgraphCounts;
  const before = await gateway.usage();
  const ran = await runSlice(load, gateway, scenario, seconds);
  const after = await gateway.usage();
  const counts = (await subgraphs.ask('counts', startMs)) as SubgraphCounts;
  const subgraphRequests = counts.requests - countsBefore.requests;
  if (counts.withoutAuthorization > countsBefore.withoutAuthorization) {
    throw new Error(
      `${gateway.contestant.name} does not pass authorization on, so that it may share all answers`,
    );
  }
  return {
    ...ran,
    cpuMicroseconds: after.cpuMicroseconds - before.cpuMicroseconds,
    subgraphRequests,
    subgraphCpuMicroseconds: counts.cpuMicroseconds - countsBefore.cpuMicroseconds,
  };
}
