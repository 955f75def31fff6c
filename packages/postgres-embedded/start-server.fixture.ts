// A program that starts the server of a data folder, says so in one line of JSON and then lives until it is
// killed: node start-server.fixture.ts <data folder>. Tests kill it in every way.

import { startPostgres } from './start-postgres.ts';

const dataDir = process.argv[2];
if (dataDir === undefined) throw new Error('usage: start-server.fixture.ts <data folder>');
try {
  const { adminUrl, adopted, pid, port } = await startPostgres({ dataDir, port: 0 });
  answer({ adminUrl, adopted, pid, port });
  process.stdin.resume();
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) });
}

function answer(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
