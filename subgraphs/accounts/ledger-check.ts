// `npm run ledger:check`: finds the running bank, checks every invariant of its ledger, holds the ledger against
// orders and executions, and says what it found. Ends with 0 when all hold, 1 when one does not, 2 when there is
// no bank to look at.
import {
  DatabaseUnavailable,
  runningBankFor,
  openDatabase,
  operatorClient,
  RequestRefused,
  ServiceUnavailable,
  type Database,
  type RunningBank,
} from '@simplebank/chassis';
import { auditBank } from './bank-audit.ts';
import type { Finding } from './finding.ts';
import { checkLedger } from './ledger-invariants.ts';

/** A check reads whole tables; a bank with millions of transfers takes its time. */
const statementTimeoutMs = 120_000;

process.exitCode = await main();

async function main(): Promise<number> {
  const bank = (await runningBankFor(process.env))?.bank;
  const url = bank?.databaseUrls['accounts'];
  if (bank === undefined || url === undefined) return notRunning();
  const database = openDatabase({
    url,
    service: 'ledger-check',
    statementTimeoutMs,
    poolSize: 1,
  });
  try {
    const findings = await checkLedger(database);
    print('The ledger by itself', findings);
    const audit = await auditIfReachable(database, bank);
    if (audit !== undefined) print('The ledger against orders and executions', audit);
    return summarise([...findings, ...(audit ?? [])]);
  } catch (error) {
    // The file outlived the bank that wrote it.
    if (error instanceof DatabaseUnavailable) return notRunning();
    throw error;
  } finally {
    await database.close();
  }
}

function notRunning(): number {
  console.error('the bank is not running: npm start or npm run start:services first');
  return 2;
}

async function auditIfReachable(database: Database, bank: RunningBank): Promise<Finding[] | undefined> {
  const client = operatorClient(bank, 'ledger-check');
  try {
    return await auditBank({ database, client });
  } catch (error) {
    if (!(error instanceof ServiceUnavailable || error instanceof RequestRefused)) throw error;
    console.log(`\nLeft out: the comparison with orders and executions (${error.message}).`);
    return undefined;
  } finally {
    await client.close();
  }
}

function print(title: string, findings: readonly Finding[]): void {
  console.log(`\n${title}`);
  for (const { invariant, holds, checked, inFlight, violations, samples } of findings) {
    const flying = inFlight === undefined || inFlight === 0 ? '' : `, ${inFlight} in flight`;
    const broken = holds ? '' : `, ${violations} violated`;
    console.log(`  ${holds ? '✓' : '✗'} ${invariant} (${checked} checked${flying}${broken})`);
    for (const sample of samples) console.log(`      ${sample}`);
  }
}

function summarise(findings: readonly Finding[]): number {
  const broken = findings.filter(({ holds }) => !holds).length;
  console.log(
    broken === 0
      ? `\nAll ${findings.length} invariants hold.`
      : `\n${broken} of ${findings.length} invariants are violated.`,
  );
  return broken === 0 ? 0 : 1;
}
