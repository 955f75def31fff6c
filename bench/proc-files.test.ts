import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseMachineCpuMs, parseStat, parseStatus, parseWaitedMs } from './proc-files.ts';

const after = (name: string) =>
  `4242 (${name}) S 17 4242 4242 0 -1 4194560 2815 99 0 0 150 50 7 3 20 0 1 0 8917 231 412 18446744073709551615`;

test('reads parent, own and reaped CPU time of a process', () => {
  assert.deepEqual(parseStat(after('node')), {
    pid: 4242,
    parentPid: 17,
    name: 'node',
    ownCpuMs: 2_000,
    systemCpuMs: 500,
    reapedCpuMs: 100,
  });
});

for (const name of ['tmux: server', '(sd-pam)', 'a) S 1 (b', 'x (y) R 9 9']) {
  test(`is not misled by a process named "${name}"`, () => {
    const stat = parseStat(after(name));
    assert.equal(stat.name, name);
    assert.equal(stat.parentPid, 17);
    assert.equal(stat.ownCpuMs, 2_000);
  });
}

test('refuses what is no stat file', () => {
  assert.throws(() => parseStat(''), /not the stat file/);
  assert.throws(() => parseStat('4242 (node) S 17'), /not the stat file/);
});

test(
  'reads this very process',
  { skip: process.platform === 'linux' ? false : 'only Linux has /proc' },
  async () => {
    const { readFileSync } = await import('node:fs');
    const stat = parseStat(readFileSync('/proc/self/stat', 'utf8'));
    assert.equal(stat.pid, process.pid);
    assert.equal(stat.parentPid, process.ppid);
    const { user, system } = process.cpuUsage();
    assert.ok(Math.abs(stat.ownCpuMs - (user + system) / 1_000) < 100);
    const memory = parseStatus(readFileSync('/proc/self/status', 'utf8'));
    assert.ok(memory !== undefined && memory.totalKb > 10_000);
    assert.equal(memory.totalKb, memory.anonymousKb + memory.fileKb + memory.sharedKb);
  },
);

test('a process without memory has ended', () => {
  assert.equal(parseStatus('Name:\tnode\nState:\tZ (zombie)\n'), undefined);
});

test('the machine is busy with everything but idling and waiting', () => {
  assert.equal(parseMachineCpuMs('cpu  100 10 50 99999 88888 2 3 5 0 0\ncpu0 1 2 3'), 1_700);
});

test('a thread’s waiting for a core is the second figure of its schedstat', () => {
  assert.equal(parseWaitedMs('51234567890 2500000000 777\n'), 2_500);
  assert.throws(() => parseWaitedMs(''), /not the schedstat/);
});
