import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { postgresRole, statOf, treeCpuMs } from './process-table.ts';

const skip = process.platform === 'linux' ? false : 'only Linux has /proc';

const busyChild = `
  // By the processor's clock: on a busy machine half a second may pass without any work done.
  while (process.cpuUsage().user < 500_000);
  console.log('burnt');
  process.stdin.once('data', () => process.exit(0)).resume();
`;
/** A parent whose only child burns some CPU, waits, and ends when it is told. */
const parent = `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['-e', ${JSON.stringify(busyChild)}], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.once('data', () => console.log(JSON.stringify({ child: child.pid })));
  child.once('exit', () => console.log(JSON.stringify({ ended: true })));
  process.stdin.on('data', () => child.stdin.write('end'));
`;

test('a child counts the same while it lives and after it has ended', { skip }, async () => {
  const tree = spawn(process.execPath, ['-e', parent], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [told] = (await once(tree.stdout, 'data')) as [Buffer];
    const { child } = JSON.parse(String(told)) as { child: number };
    const pid = tree.pid ?? 0;
    const living = treeCpuMs(pid);
    assert.ok((statOf(child)?.ownCpuMs ?? 0) >= 400);
    assert.ok(living >= 400, `${living} ms with the child alive`);

    tree.stdin.write('end');
    await once(tree.stdout, 'data');
    assert.equal(statOf(child), undefined);
    const ended = treeCpuMs(pid);
    // Neither lost nor doubled (half a second more); its exit costs a little itself.
    assert.ok(ended >= living && ended < living + 400, `${living} ms, then ${ended} ms`);
  } finally {
    tree.kill('SIGKILL');
  }
});

test('a process that is not there has no figures', { skip }, () => {
  assert.equal(statOf(2 ** 30), undefined);
  assert.throws(() => treeCpuMs(2 ** 30), /has ended/);
});

test('a process of Postgres is told by the database that it serves, or by its work', () => {
  const titles = {
    'postgres: orders simplebank_orders 127.0.0.1(48122) idle in transaction':
      'connections to simplebank_orders',
    'postgres: bus bus 127.0.0.1(5) SELECT': 'connections to bus',
    'postgres: walwriter': 'walwriter',
    'postgres: io worker 2': 'io worker',
    'postgres: autovacuum launcher': 'autovacuum launcher',
  };
  for (const [title, role] of Object.entries(titles)) assert.equal(postgresRole(title), role);
});
