// Holds docs/clients.md to what it shows: every example is, word for word, a file of e2e/clients that a test runs, and every
// public error code has a row that says what a client does, with whether it may be sent again as the catalogue has it.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { errorCodes } from '@simplebank/contracts';

type Files = ReadonlyMap<string, string>;

/** A link to the file, then its text. */
const example = /^\[e2e\/clients\/([\w.-]+)\]\(\.\.\/e2e\/clients\/\1\):\n\n```(\w+)\n([\s\S]*?)^```$/gm;
const fence = /^```\w+$/gm;

function exampleFaults(page: string, files: Files): string[] {
  const faults: string[] = [];
  const shown = new Set<string>();
  for (const [, name = '', language, text] of page.matchAll(example)) {
    shown.add(name);
    if (files.get(name) !== text) faults.push(`${name}: the page shows another text`);
    if (!name.endsWith(`.${language}`)) faults.push(`${name}: it is no ${language}`);
  }
  if ([...page.matchAll(fence)].length !== [...page.matchAll(example)].length)
    faults.push('an example is of no file, so that no test runs it');
  for (const name of files.keys()) if (!shown.has(name)) faults.push(`${name}: the page does not show it`);
  return faults;
}

/** Reached from a test by imports, or by its path where it is another language's. */
function neverRun(files: Files, tests: string): string[] {
  const run = new Set<string>();
  const reach = (text: string, prefix: string): void => {
    for (const [name, own] of files) {
      if (run.has(name) || !text.includes(`'${prefix}${name}'`)) continue;
      run.add(name);
      reach(own, './');
    }
  };
  reach(tests, './clients/');
  return [...files.keys()].filter((name) => !run.has(name));
}

function tableFaults(page: string, codes: Readonly<Record<string, { readonly retry: string }>>): string[] {
  const faults: string[] = [];
  const rows = [...page.matchAll(/^\| `([A-Z0-9_]+)` +\| (\w+) +\| (.*\S) +\|$/gm)];
  for (const [, code = '', again, does = ''] of rows) {
    const known = codes[code];
    if (known === undefined) faults.push(`${code}: there is no such code any more`);
    else if (known.retry !== again) faults.push(`${code}: to be sent again ${known.retry}`);
    if (!/\w/.test(does)) faults.push(`${code}: what does the client do?`);
  }
  const listed = rows.map(([, code = '']) => code);
  for (const code of Object.keys(codes)) {
    if (listed.filter((one) => one === code).length !== 1) faults.push(`${code}: needs one row`);
  }
  return faults;
}

const folder = fileURLToPath(new URL('./clients/', import.meta.url));
const files: Files = new Map(
  globSync('*', { cwd: folder }).map((name) => [name, readFileSync(`${folder}${name}`, 'utf8')]),
);
const page = readFileSync(new URL('../docs/clients.md', import.meta.url), 'utf8');

test('every example of the page is a file word for word, and every file is on the page', () => {
  assert.ok(files.size > 0);
  assert.deepEqual(exampleFaults(page, files), []);
});

test('every example is run by a test against a whole bank', () => {
  const tests = globSync('*.e2e.test.ts', { cwd: new URL('.', import.meta.url) });
  const text = tests.map((name) => readFileSync(new URL(name, import.meta.url), 'utf8')).join('\n');
  assert.deepEqual(neverRun(files, text), []);
});

test('every public error code has a row that says what a client does', () => {
  assert.deepEqual(tableFaults(page, errorCodes), []);
});

test('an example that differs, is of no file, is not shown or never runs is seen', () => {
  const given: Files = new Map([
    ['a.ts', "import './b.ts';\n"],
    ['b.ts', 'let b;\n'],
    ['c.sh', 'ls\n'],
  ]);
  const show = (name: string, text: string) =>
    `[e2e/clients/${name}](../e2e/clients/${name}):\n\n\`\`\`${name.split('.')[1]}\n${text}\`\`\`\n\n`;
  const whole = [...given].map(([name, text]) => show(name, text)).join('');
  assert.deepEqual(exampleFaults(whole, given), []);
  assert.equal(exampleFaults(whole.replace('let b', 'let c'), given).length, 1);
  assert.equal(exampleFaults(`${whole}\`\`\`ts\nlet d;\n\`\`\`\n`, given).length, 1);
  assert.equal(exampleFaults(whole.replace(show('c.sh', 'ls\n'), ''), given).length, 1);
  assert.deepEqual(neverRun(given, "from './clients/a.ts'; new URL('./clients/c.sh')"), []);
  assert.deepEqual(neverRun(given, "from './clients/a.ts'"), ['c.sh']);
});

test('a code that is missing, gone, twice or to be sent again otherwise is seen', () => {
  const codes = { A: { retry: 'never' }, B: { retry: 'later' } };
  const rows = '| `A`  | never | shows it |\n| `B`  | later | waits |\n';
  assert.deepEqual(tableFaults(rows, codes), []);
  assert.deepEqual(tableFaults(rows.split('\n').slice(1).join('\n'), codes), ['A: needs one row']);
  assert.equal(tableFaults(`${rows}| \`C\` | never | shows it |\n`, codes).length, 1);
  assert.equal(tableFaults(`${rows}| \`A\` | never | shows it |\n`, codes).length, 1);
  assert.equal(tableFaults(rows.replace('later', 'never'), codes).length, 1);
});
