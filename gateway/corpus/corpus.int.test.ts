// Every case of the corpus, by each planner and each executor, and by the engine as a whole.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CannotCompile } from '../compile/cannot-compile.ts';
import { compareWithMonolith, findFaults } from './check-case.ts';
import type { CorpusCase } from './corpus-case.ts';
import { knownLimits, leftToReference, type KnownLimit } from './known-limits.ts';
import { openFolder, type OpenFolder } from './open-folder.ts';
import { folderNames, readFolder } from './read-folder.ts';
import { runCase, type Ran, type Way } from './run-case.ts';

const ways: readonly Way[] = [
  { planner: 'native', executor: 'compiled' },
  { planner: 'native', executor: 'reference' },
  { planner: 'apollo', executor: 'compiled' },
  { planner: 'apollo', executor: 'reference' },
  'engine',
];

const folders = await Promise.all(folderNames().map(readFolder));

/**
 * Folders at once. Each keeps two planners busy beside this thread; with all at once composition blocks the thread for
 * longer than a planner may take to load.
 */
const foldersAtOnce = 3;

describe('the corpus', { concurrency: foldersAtOnce }, () => {
  for (const folder of folders) {
    it(folder.name, async (test) => {
      const opened = await openFolder(folder);
      try {
        for (const written of folder.cases) {
          await test.test(written.title, async () => {
            const faults = await faultsOf(opened, written);
            assert.equal(faults.length, 0, faults.join('\n'));
          });
        }
      } finally {
        await opened.close();
      }
    });
  }

  it('has only limits on its list that name a case', () => {
    const titles = new Set(
      folders.flatMap(({ name, cases }) => cases.map(({ title }) => `${name}: ${title}`)),
    );
    const listed = [...knownLimits, ...leftToReference].flatMap(({ folder, cases }) =>
      cases.map((title) => `${folder}: ${title}`),
    );
    assert.deepEqual(
      listed.filter((title) => !titles.has(title)),
      [],
    );
  });
});

async function faultsOf(opened: OpenFolder, written: CorpusCase): Promise<string[]> {
  const faults = compareWithMonolith(opened, written);
  for (const way of ways) {
    if (way === 'engine' && (await isLeftToChance(opened, written))) continue;
    const name = way === 'engine' ? way : `${way.planner} ${way.executor}`;
    const found = await faultsOfWay(opened, written, way);
    faults.push(...found.map((fault) => `${name}: ${fault}`));
  }
  return faults;
}

/** Whether its plan depends on the share of progressive @override that a request falls into, which the engine draws. */
async function isLeftToChance(opened: OpenFolder, written: CorpusCase): Promise<boolean> {
  if (written.override === undefined) return false;
  const { labels } = written.override;
  const texts = [0, 100].map(async (percentage) => {
    const choice = { ...written, override: { labels, percentage } };
    return JSON.stringify(
      (await runCase(opened, choice, { planner: 'native', executor: 'reference' })).calls,
    );
  });
  const [low, high] = await Promise.all(texts);
  return low !== high;
}

async function faultsOfWay(opened: OpenFolder, written: CorpusCase, way: Way): Promise<string[]> {
  const isLeft = leftToReference.some(
    ({ folder, cases }) => folder === opened.folder.name && cases.includes(written.title),
  );
  try {
    const ran = await runCase(opened, written, way);
    const faults = againstLimit(limitOf(opened, written, way), ran, findFaults(written, way, ran));
    const isCompiled = way !== 'engine' && way.executor === 'compiled';
    return isLeft && isCompiled ? [...faults, 'compiles, but known-limits.ts says that it does not'] : faults;
  } catch (fault) {
    if (fault instanceof CannotCompile) return isLeft ? [] : [`cannot be compiled: ${fault.message}`];
    return [fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)];
  }
}

/** A limit turns it round: what must be found then is that limit. */
function againstLimit(limit: KnownLimit | undefined, { answer }: Ran, faults: string[]): string[] {
  if (limit === undefined) return faults;
  if (faults.length === 0) return [`passes, but known-limits.ts says: ${limit.reason}`];
  const isRefused = answer.errors.some(({ extensions }) => extensions?.['code'] === 'PLANNING_FAILED');
  const outcome = isRefused ? 'refused' : 'wrong';
  return outcome === limit.outcome
    ? []
    : [`is ${outcome}, but known-limits.ts says ${limit.outcome}`, ...faults];
}

function limitOf(opened: OpenFolder, { title }: CorpusCase, way: Way): KnownLimit | undefined {
  const limits = knownLimits.filter(
    ({ folder, cases }) => folder === opened.folder.name && cases.includes(title),
  );
  const [native, apollo] = (['native', 'apollo'] as const).map((planner) =>
    limits.find((limit) => limit.planner === planner),
  );
  if (way === 'engine') return native?.outcome === 'refused' ? apollo : native;
  return way.planner === 'native' ? native : apollo;
}
