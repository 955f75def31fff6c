// Runs the ledger check against the bank that runs on a data folder, as a person would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ledgerCheck = fileURLToPath(new URL('../subgraphs/accounts/ledger-check.ts', import.meta.url));

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
