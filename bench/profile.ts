// `npm run bench:profile`: the embedded bank under a constant rate with V8's profiler on it, and what each package,
// service, function and SQL statement costs an order. `--save FILE` keeps the profile for Chrome's developer tools.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { analyseProfile, withoutWaiting } from './cpu-profile.ts';
import { startEmbedded } from './embedded-wiring.ts';
import { inspectorUrlIn, openProfiler, samplingIntervalMicroseconds } from './inspector-session.ts';
import { startLoadGenerator } from './load-generator.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { measureIdle, measureRate } from './measure-rate.ts';
import { cpuByPostgresRole, threadsOf, type ThreadTimes } from './process-table.ts';
import { profileReport } from './profile-report.ts';
import { resultsFolder } from './results.ts';
import { readsBetween, readTables } from './table-reads.ts';
import { statementRecorder, switchOnStatementCosts } from './statement-costs.ts';

/** Longer than the bench's: a profile is of compiled code. */
const warmUp = { rate: 20, seconds: 10, seed: 99 };
const idleSeconds = 4;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '20' },
    top: { type: 'string', default: '30' },
    save: { type: 'string' },
  },
});
const bounded = (most: number) => z.coerce.number().positive().max(most);
const options = z
  .object({ rate: bounded(500), seconds: bounded(120), top: bounded(1_000), save: z.string().optional() })
  .parse(values);

await using opened = new AsyncDisposableStack();
const dataDir = await mkdtemp(join(tmpdir(), 'simplebank-profile-'));
opened.defer(() => rm(dataDir, { recursive: true, force: true }));
const adminUrl = await switchOnStatementCosts(dataDir);
let inspectorUrl: string | undefined;
const bank = await startEmbedded({
  dataDir,
  nodeArguments: ['--inspect=127.0.0.1:0'],
  onErrorLine: (line) => (inspectorUrl ??= inspectorUrlIn(line)),
});
opened.defer(() => bank.stop());
if (inspectorUrl === undefined) throw new Error('the bank did not say where its inspector listens');
const profiler = opened.use(await openProfiler(inspectorUrl));
const load = opened.use(
  await startLoadGenerator({ bffWebUrls: bank.bffWebUrls, identityUrl: bank.identityUrl }),
);
const sql = statementRecorder(adminUrl, bank.databaseUrls['orders'] ?? '');

console.log('warming up');
await load.run(warmUp);
const idle = await measureIdle({ bank, load }, idleSeconds);
console.log(`profiling ${options.seconds} s at ${options.rate} orders/s`);
await sql.reset();
const tablesBefore = await readTables(bank.databaseUrls);
const postgresBefore = cpuByPostgresRole(bank.postgresPid);
await profiler.start();
const threadsBefore = threadsOf(bank.pid);
const run = await measureRate(
  { bank, load },
  { rate: options.rate, seconds: options.seconds, seed: 1 },
  idle,
);
const threadsAfter = threadsOf(bank.pid);
const profile = await profiler.stop();
const spent = (kind: 'main' | 'others'): ThreadTimes => ({
  cpuMs: threadsAfter[kind].cpuMs - threadsBefore[kind].cpuMs,
  systemMs: threadsAfter[kind].systemMs - threadsBefore[kind].systemMs,
  waitedMs: threadsAfter[kind].waitedMs - threadsBefore[kind].waitedMs,
});
const postgresCpuMs = new Map(
  [...cpuByPostgresRole(bank.postgresPid)].map(([role, ms]) => [role, ms - (postgresBefore.get(role) ?? 0)]),
);
const statements = await sql.read();
const tables = readsBetween(tablesBefore, await readTables(bank.databaseUrls));
if (options.save !== undefined) await writeFile(options.save, JSON.stringify(profile));

const { cpu, cores, kernel, node } = describeMachine();
const page = profileReport({
  head: [
    ['orders', `${run.completed} of ${run.offered} completed, at ${run.rate}/s`],
    ['commit', describeCommit()],
    ['date', new Date().toISOString()],
    ['machine', `${cpu}, ${cores} cores, ${kernel}, Node ${node}`],
  ],
  run,
  statements,
  postgresCpuMs,
  threads: { main: spent('main'), others: spent('others') },
  tables,
  top: options.top,
  analysis: analyseProfile(
    withoutWaiting(profile, samplingIntervalMicroseconds),
    new URL('../', import.meta.url).href,
  ),
});
await writeFile(new URL('./profile.md', resultsFolder), page);
console.log(page);
