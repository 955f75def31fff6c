// Installs the gateways of others, exactly as their lockfile says, when they are not there yet. They are no part of the
// project: their folder is no workspace, and nobody who does not run the bench needs them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const folder = new URL('./peers/', import.meta.url);

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

export async function installPeers(tell: (line: string) => void): Promise<void> {
  const { dependencies } = await readManifest(new URL('package.json', folder));
  const installed = await Promise.all(
    Object.entries(dependencies).map(async ([name, version]) => {
      const manifest = new URL(`node_modules/${name}/package.json`, folder);
      return (await readManifest(manifest).catch(() => undefined))?.version === version;
    }),
  );
  if (installed.every(Boolean)) return;
  tell('installing the peers, which takes some minutes the first time');
  const child = spawn('npm', ['ci', '--ignore-scripts'], {
    cwd: fileURLToPath(folder),
    // npm run says where its own workspace is; here is another one.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`npm ci in ${fileURLToPath(folder)} ended with ${String(code)}`);
}

async function readManifest(url: URL): Promise<Manifest> {
  return JSON.parse(await readFile(url, 'utf8')) as Manifest;
}
