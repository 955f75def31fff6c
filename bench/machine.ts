// What a figure must carry to mean anything: the machine, the commit, the command.
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import type { BenchResult } from './results.ts';

export function describeMachine(): BenchResult['machine'] {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version,
  };
}

/** With a mark when files differ from it: such figures cannot be made again. */
export function describeCommit(): string {
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  try {
    // The bench's own results are written before the next wiring is described.
    const changed = git('status', '--porcelain', '--', ':(top)', ':(top,exclude)bench/results');
    return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' with uncommitted changes'}`;
  } catch {
    return 'not in a git checkout';
  }
}

export function describeCommand(): string {
  const words = process.argv.slice(2);
  return words.length === 0 ? 'npm run bench' : `npm run bench -- ${words.join(' ')}`;
}
