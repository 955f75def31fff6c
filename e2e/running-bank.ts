// Finds the bank that runs on a data folder, and runs the ledger check against it as a person would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Wiring {
  readonly addresses: Readonly<Record<string, string>>;
  readonly databaseUrls: Readonly<Record<string, string>>;
  readonly exchangeControlUrl: string;
}

const ledgerCheck = fileURLToPath(new URL('../subgraphs/accounts/ledger-check.ts', import.meta.url));

/** Undefined when no bank runs there. */
export async function findBank(dataDir: string): Promise<Wiring | undefined> {
  const text = await readFile(join(dataDir, 'wiring.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Wiring);
}

export interface LedgerCheck {
  readonly exitCode: number;
  readonly output: string;
  /** Every invariant was checked, holds, and nothing was on its way. */
  readonly atRestAndTrue: boolean;
}

export async function checkLedger(dataDir: string): Promise<LedgerCheck> {
  const child = spawn(process.execPath, [ledgerCheck], {
    env: { ...process.env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  const isWhole = !/Left out|in flight/.test(output);
  return { exitCode: code ?? 1, output, atRestAndTrue: code === 0 && isWhole };
}
