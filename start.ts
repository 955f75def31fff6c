// `npm start`: the whole bank on this machine, on the embedded default. Ctrl-C stops all of it.
import { standardDataDirs } from '@simplebank/chassis';
import { startBank } from './deploy/embedded-bank.ts';
import { notStarted, readyText, stopAtTheEnd } from './deploy/foreground.ts';
import { outside } from './topology.ts';

const startedAt = performance.now();
const dataDir = process.env['DATA_DIR'] ?? standardDataDirs[0];
const bank = await startBank({ dataDir, environment: process.env }).catch(notStarted);
const beside = [['postgres', `127.0.0.1:${bank.postgres.port}`, outside.postgres.what]] as const;
console.log(readyText(bank, { startedAt, beside }));
stopAtTheEnd(bank);
