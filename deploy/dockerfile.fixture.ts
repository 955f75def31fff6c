// Reads the Dockerfile, and does what its COPY and RUN lines say with folders in the place of images, so that its steps
// can be tested where there is no container engine. What needs the base image's own system (apt-get) is left out.
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

const root = fileURLToPath(new URL('../', import.meta.url));
/** Longer than installing all dependencies takes on a slow line. */
const stepTimeoutMs = 150_000;

/** One line an instruction: this Dockerfile has no continuation lines. */
export function readStages(text = readFileSync(join(root, 'Dockerfile'), 'utf8')): readonly Stage[] {
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of text.split('\n')) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === '') {
      if (line !== '' && !line.startsWith('#')) throw new Error(`not understood: ${line}`);
    } else if (name === 'FROM') {
      const [base = '', , stage = ''] = rest.split(' ');
      stages.push({ base, name: stage, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ name, text: rest });
    }
  }
  return stages;
}

export const valuesOf = (stage: Stage, name: string): readonly string[] =>
  stage.instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);

export function environmentOf(stage: Stage): Record<string, string> {
  const pairs = valuesOf(stage, 'ENV').map((text) => /^(\w+)=(.*)$/.exec(text)?.slice(1) ?? [text, '']);
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** Exec form: a JSON list; the shell form would not pass signals on. */
export function commandOf(stage: Stage, name: 'ENTRYPOINT' | 'CMD' | 'HEALTHCHECK'): readonly string[] {
  const text = valuesOf(stage, name).at(-1) ?? '';
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

export interface BuiltImage {
  /** The folder that stands for `/`. */
  readonly root: string;
  /** RUN lines that were left out. */
  readonly leftOut: readonly string[];
}

/** Folders are made below `folder`; the last stage's is the image. */
export function build(stages: readonly Stage[], folder: string): BuiltImage {
  const context = join(folder, 'context');
  copyContext(context);
  const roots = new Map<string, string>();
  const leftOut: string[] = [];
  let image = context;
  for (const [index, stage] of stages.entries()) {
    image = join(folder, `stage-${index}`);
    mkdirSync(image);
    roots.set(stage.name, image);
    let workdir = '/';
    for (const { name, text } of stage.instructions) {
      if (name === 'WORKDIR') mkdirSync(join(image, (workdir = text)), { recursive: true });
      else if (name === 'COPY') copy(text, { context, roots, image, workdir });
      else if (name === 'RUN' && text.startsWith('apt-get ')) leftOut.push(text);
      else if (name === 'RUN') runStep(text, image, workdir);
    }
  }
  return { root: image, leftOut };
}

/** What the engine would be sent: the tree without what .dockerignore names. */
function copyContext(context: string): void {
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (ignored.some((pattern) => pattern.startsWith('!'))) throw new Error('exceptions are not understood');
  cpSync(root, context, {
    recursive: true,
    filter(source) {
      const path = source.slice(root.length);
      return path === '' || !ignored.some((pattern) => posix.matchesGlob(path, pattern));
    },
  });
}

interface CopyPlaces {
  readonly context: string;
  readonly roots: ReadonlyMap<string, string>;
  readonly image: string;
  readonly workdir: string;
}

/** Of a folder its content is copied; links stay links. Files are linked, not copied: that takes seconds less. */
function copy(text: string, { context, roots, image, workdir }: CopyPlaces): void {
  const words = text.split(' ');
  const from = /^--from=(.*)$/.exec(words[0] ?? '')?.[1];
  const source = from === undefined ? context : roots.get(from);
  if (source === undefined) throw new Error(`no stage ${from}`);
  const target = join(image, posix.resolve(workdir, words.at(-1) ?? ''));
  mkdirSync(target, { recursive: true });
  for (const pattern of words.slice(from === undefined ? 0 : 1, -1)) {
    const found = globSync(join(source, pattern));
    if (found.length === 0) throw new Error(`COPY finds no ${pattern}`);
    for (const path of found) execFileSync('cp', ['-a', '-l', '-f', '-T', ...into(path, target)]);
  }
}

function into(path: string, target: string): string[] {
  const isFolder = globSync('*', { cwd: path }).length > 0;
  return [path, isFolder ? target : join(target, posix.basename(path))];
}

/** Settings that npm gives the program it runs, and that would send an npm in it to this tree. */
const fromNpm = /^(INIT_CWD|npm_(package|lifecycle)_.*|npm_config_(local_|global_)?prefix)$/;

/** In the stage's folder; absolute paths are meant inside it. */
function runStep(text: string, image: string, workdir: string): void {
  const command = text.replaceAll(/(?<=\s)\/(?=[a-z])/g, `${image}/`);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !fromNpm.test(name)));
  const options = { cwd: join(image, workdir), env, timeout: stepTimeoutMs, encoding: 'utf8' } as const;
  execFileSync('/bin/sh', ['-ec', command], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
}
