// One exchange per data folder. The lock is a file with the owner's process id; a lock whose owner is gone is taken
// over, and one whose owner is about to end (an orphan) is waited for by the caller.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'exchange.pid';

export class DataFolderLocked extends Error {
  constructor(dataDir: string, ownerId: number) {
    super(`another exchange (process ${ownerId}) works on ${dataDir}; stop it or set EXCHANGE_DATA_DIR`);
    this.name = 'DataFolderLocked';
  }
}

/** Resolves to the function that gives the folder back. */
export async function lockDataFolder(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, FILE);
  const own = String(process.pid);
  const take = (): Promise<void> => writeFile(path, own, { flag: 'wx', flush: true });
  try {
    await take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const ownerId = Number(await readFile(path, 'utf8').catch(() => ''));
    // In a container every start may get the same process id, so our own means a predecessor.
    if (ownerId !== process.pid && (await isExchange(ownerId))) throw new DataFolderLocked(dataDir, ownerId);
    await rm(path, { force: true });
    await take();
  }
  return async () => {
    if ((await readFile(path, 'utf8').catch(() => '')) === own) await rm(path, { force: true });
  };
}

/** A process id is used again after a while; where the system shows the command line, it must be a Node program. */
async function isExchange(processId: number): Promise<boolean> {
  if (!Number.isInteger(processId) || processId <= 0) return false;
  try {
    process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const commandLine = await readFile(`/proc/${processId}/cmdline`, 'utf8').catch(() => undefined);
  // A process that was killed but not yet collected by its parent has an empty one.
  return commandLine === undefined || commandLine.includes('node');
}
