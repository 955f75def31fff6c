// A whole bank for one test file: every service in this process on ports of its own, a real Postgres and a real
// exchange beside it, data in a temporary folder.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bankClient, signIn, type BankClient } from '@simplebank/testkit';
import { startBank, type Bank } from '../deploy/embedded-bank.ts';

export interface StartedBank extends AsyncDisposable {
  readonly bank: Bank;
  readonly dataDir: string;
  /** Signs in at a BFF; the client's socket closes with the bank. */
  client(username: string, bff?: 'bff-web' | 'bff-mobile'): Promise<BankClient>;
}

export async function startedBank(environment: Record<string, string> = {}): Promise<StartedBank> {
  const dataDir = await mkdtemp(join(tmpdir(), 'simplebank-e2e-'));
  const bank = await startBank({ dataDir, environment: { ...process.env, ...environment }, anyPorts: true });
  const clients: BankClient[] = [];
  return {
    bank,
    dataDir,
    async client(username, bff = 'bff-web') {
      const token = await signIn({ identityUrl: bank.addresses.identity, username });
      const client = bankClient({ bffUrl: bank.addresses[bff], token });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
      await bank.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
