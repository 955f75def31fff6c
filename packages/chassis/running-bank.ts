// Where a running bank is, for the programs of its operators: `npm start` writes it down while it runs, in a file
// of the data folder that only its owner reads.
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Environment } from './config.ts';
import type { Discovery } from './discovery.ts';
import { createServiceClient, type ServiceClient } from './http-client.ts';
import { createLogger } from './log.ts';
import { openRedisDiscovery } from './redis-discovery.ts';
import { createReplicaCalls } from './replica-calls.ts';
import { createServiceTokens } from './service-token.ts';

/** An audit asks for many things at a time; more would only wait in the service. */
const connectionsPerReplica = 32;

const runningBankSchema = z.object({
  serviceTokenSecret: z.string(),
  issuer: z.string(),
  /** Base URLs by service. */
  addresses: z.record(z.string(), z.string()),
  /** By service that keeps data. */
  databaseUrls: z.record(z.string(), z.string()),
  /** The bus's own database, or Redis. */
  busUrl: z.string(),
  /** What one more replica needs, in a bank of many processes. */
  processes: z.object({ redisUrl: z.string(), exchangePort: z.number() }).optional(),
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

/** Where `npm start` and `npm run start:services` keep their data when DATA_DIR says nothing else. */
export const standardDataDirs = ['.data', '.data/services'] as const;

/** The bank that an operator's program means: that of DATA_DIR, otherwise whichever was started last. */
export async function runningBankFor(
  environment: Environment,
): Promise<{ dataDir: string; bank: RunningBank } | undefined> {
  const given = environment['DATA_DIR'];
  const found: { dataDir: string; startedAt: number }[] = [];
  for (const dataDir of given === undefined ? standardDataDirs : [given]) {
    const file = await stat(fileIn(dataDir)).catch(() => undefined);
    if (file !== undefined) found.push({ dataDir, startedAt: file.mtimeMs });
  }
  const newest = found.toSorted((a, b) => b.startedAt - a.startedAt)[0];
  const bank = newest && (await findRunningBank(newest.dataDir));
  return bank && { dataDir: newest.dataDir, bank };
}

/** A client for the bank's endpoints, under the operator program's own name; close it when it is done. */
export function operatorClient(bank: RunningBank, program: string): ServiceClient {
  const discovery = discoveryOf(bank, program);
  const client = createServiceClient({
    serviceTokens: createServiceTokens({ service: program, secret: bank.serviceTokenSecret }),
    calls: createReplicaCalls({ replicasOf: discovery.replicasOf, connectionsPerReplica }),
  });
  return {
    ...client,
    async close() {
      await client.close();
      await discovery.close();
    },
  };
}

/** In a bank of many processes the addresses of the start may be of replicas that have been replaced since. */
function discoveryOf(bank: RunningBank, program: string): Pick<Discovery, 'replicasOf' | 'close'> {
  if (bank.processes !== undefined) {
    const log = createLogger({ service: program, level: 'error' });
    return openRedisDiscovery({ url: bank.processes.redisUrl, log });
  }
  const replicasOf = (service: string) => {
    const address = bank.addresses[service];
    return address === undefined ? [] : [address];
  };
  return { replicasOf, close: async () => undefined };
}
