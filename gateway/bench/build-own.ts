// This engine as it is published: built JavaScript. As TypeScript the process would carry the compiler that strips the
// types, which nobody has who installs it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const compiler = path('../../node_modules/typescript/bin/tsc');
const buildMs = 120_000;

let built: Promise<string> | undefined;

/** The path of the built command; once a run. */
export function builtCommand(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const outDir = path('./dist');
  const child = spawn(
    process.execPath,
    [compiler, '--project', path('../tsconfig.build.json'), '--outDir', outDir],
    { stdio: ['ignore', 'inherit', 'inherit'], timeout: buildMs },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the engine could not be built: tsc ended with ${String(code)}`);
  return `${outDir}/cli.js`;
}
