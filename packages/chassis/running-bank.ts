// Where a running bank is, for the programs of its operators: `npm start` writes it down while it runs, in a file
// of the data folder that only its owner reads.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createServiceClient, type ServiceClient } from './http-client.ts';
import { createServiceTokens } from './service-token.ts';

const runningBankSchema = z.object({
  serviceTokenSecret: z.string(),
  issuer: z.string(),
  /** Base URLs by service. */
  addresses: z.record(z.string(), z.string()),
  /** By service that keeps data, and `bus`. */
  databaseUrls: z.record(z.string(), z.string()),
  exchangeControlUrl: z.string(),
});

export type RunningBank = z.output<typeof runningBankSchema>;

const fileIn = (dataDir: string) => join(dataDir, 'wiring.json');

export async function announceBank(dataDir: string, bank: RunningBank): Promise<void> {
  await writeFile(fileIn(dataDir), JSON.stringify(bank, null, 2), { mode: 0o600 });
}

export async function forgetBank(dataDir: string): Promise<void> {
  await rm(fileIn(dataDir), { force: true });
}

/** Undefined when no bank runs on the folder; a killed one may have left its file behind. */
export async function findRunningBank(dataDir: string): Promise<RunningBank | undefined> {
  const text = await readFile(fileIn(dataDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : runningBankSchema.parse(JSON.parse(text));
}

/** A client for the bank's endpoints, under the operator program's own name. */
export function operatorClient(bank: RunningBank, program: string): ServiceClient {
  return createServiceClient({
    serviceTokens: createServiceTokens({ service: program, secret: bank.serviceTokenSecret }),
    addressOf(service) {
      const address = bank.addresses[service];
      if (address === undefined) throw new Error(`the running bank has no ${service}`);
      return address;
    },
  });
}
