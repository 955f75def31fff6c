// The compose file's processes, found by DNS names, carry an order from the web BFF to the exchange and back. What an
// engine would add (containers, networks, limits) is not there: the processes share a network namespace in which every
// service's name is 127.0.0.1, so that the file's own ports and host names are used and nothing else is reached.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import type { Seen } from './compose-processes.fixture.ts';

/** Eleven processes start and stop on a busy machine. */
const timeoutMs = 120_000;
const program = fileURLToPath(new URL('./compose-processes.fixture.ts', import.meta.url));
const composeFile = new URL('../docker-compose.yml', import.meta.url);
/** Namespaces of network, mounts and processes; all in it end with the first process. */
const apart = ['--net', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child'];

function reasonToSkip(): string | false {
  try {
    execFileSync(
      'unshare',
      [...apart, 'sh', '-ec', 'ip link set lo up; mount --bind /etc/hosts /etc/hosts'],
      { stdio: 'ignore' },
    );
  } catch {
    return 'needs Linux and the right to make namespaces (root, unshare, ip)';
  }
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'there is no redis-server on this machine';
  }
}

test('provision, start, carry an order to its end and stop with 0', { skip: reasonToSkip() }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'compose-processes-'));
  // Postgres runs as another user.
  chmodSync(folder, 0o755);
  try {
    const { services } = parse(readFileSync(composeFile, 'utf8'), { merge: true }) as { services: object };
    const names = Object.keys(services);
    writeFileSync(
      join(folder, 'hosts'),
      ['localhost', ...names].map((name) => `127.0.0.1 ${name}\n`).join(''),
    );
    const script = 'ip link set lo up; mount --bind "$3/hosts" /etc/hosts; exec "$1" "$2" "$3"';
    const { stdout } = await promisify(execFile)(
      'unshare',
      [...apart, 'sh', '-ec', script, 'sh', process.execPath, program, folder],
      { timeout: timeoutMs },
    );
    const seen = JSON.parse(stdout) as Seen;
    assert.equal(seen.provisioned, 0);
    assert.equal(seen.outcome, 'FILLED');
    assert.match(seen.refused, /TRUSTED_DOCUMENTS_ONLY/);
    const processes = names.filter((name) => !['postgres', 'redis', 'provision'].includes(name));
    assert.deepEqual(seen.exitCodes, Object.fromEntries(processes.map((name) => [name, 0])));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
