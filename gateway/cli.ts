#!/usr/bin/env node
// The command `simplebank-gateway`. It looks at Node's version before it loads the rest, which an older one cannot even
// parse: whoever tries it gets a sentence and not a syntax error.

import process from 'node:process';

/** Explicit resource management (`await using`) came with it. */
const oldestNode = 24;

const [major] = process.versions.node.split('.');
if (Number(major) >= oldestNode) await import('./standalone/cli-main.ts');
else {
  process.stderr.write(`simplebank-gateway needs Node ${oldestNode} or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
}
