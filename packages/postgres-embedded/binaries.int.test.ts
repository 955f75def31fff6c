// Finding the binaries, and making them usable where npm's install left them unusable.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { linkLibraries, packageFolderOf, usableBinaries } from './binaries.ts';
import { serverUser } from './server-user.ts';
import { temporaryFolder } from './test-programs.fixture.ts';

const installed = packageFolderOf(`${process.platform}-${process.arch}`);

test('a platform without binaries is a clear error', () => {
  assert.throws(() => packageFolderOf('sunos-sparc'), { code: 'NO_POSTGRES_BINARIES' });
});

test('missing links are made from the list, once', async () => {
  await using folder = temporaryFolder();
  const native = join(folder.path, 'native');
  mkdirSync(join(native, 'lib'), { recursive: true });
  writeFileSync(join(native, 'lib', 'libx.so.1.2'), '');
  const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }];
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
  assert.equal(linkLibraries(folder.path), true);
  assert.equal(linkLibraries(folder.path), true);
  assert.equal(readlinkSync(join(native, 'lib', 'libx.so.1')), 'libx.so.1.2');
});

test(
  'binaries below a closed folder are copied to where the server user can run them',
  { skip: serverUser() === undefined && 'only root switches to another user' },
  async () => {
    await using folder = temporaryFolder();
    cpSync(join(installed, 'native'), join(folder.path, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const links = JSON.parse(readFileSync(join(installed, 'native', 'pg-symlinks.json'), 'utf8')) as {
      target: string;
    }[];
    for (const { target } of links) rmSync(join(folder.path, target), { force: true });
    const binaries = usableBinaries(folder.path, serverUser());
    try {
      assert.ok(binaries.copy !== undefined);
      for (const { target } of links) assert.ok(lstatSync(join(binaries.copy, target)).isSymbolicLink());
      const run = spawnSync(binaries.postgres, ['--version'], {
        ...serverUser(),
        cwd: '/',
        encoding: 'utf8',
      });
      assert.match(run.stdout, /PostgreSQL\) 18/);
    } finally {
      rmSync(binaries.copy ?? '', { recursive: true, force: true });
    }
  },
);
