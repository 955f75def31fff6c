// What a figure must carry to mean anything: where and on what it was measured.
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

export function machine(): string {
  const all = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${all[0]?.model.trim() ?? 'unknown'}, ${all.length} cores, ${gigabytes} GB, Node ${process.version}`;
}

/** The results themselves are no change of what was measured. */
export function commit(): string {
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', ':(top)', ':(top,exclude)gateway/bench/results');
    return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' with uncommitted changes'}`;
  } catch {
    return 'not in a git checkout';
  }
}
