// Time-ordered ids (RFC 9562, version 7): 48 bits of milliseconds, a 12-bit counter, 62 random bits.
// Within one process every id is greater than the one before, also when the clock stands still or goes back.
import { randomFillSync } from 'node:crypto';

/** The counter starts a millisecond in its lower half, so that at least 2,048 ids fit before it borrows the next. */
const COUNTER_START_MASK = 0x7ff;
const COUNTER_MAX = 0xfff;
/** Randomness is drawn for this many ids at a time: one call into the kernel for each id costs more than the id. */
const IDS_PER_DRAW = 256;
const BYTES_PER_ID = 10;

const pool = Buffer.alloc(IDS_PER_DRAW * BYTES_PER_ID);
let poolOffset = pool.length;
let lastMs = 0;
let counter = 0;

function draw(): number {
  if (poolOffset >= pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const offset = poolOffset;
  poolOffset += BYTES_PER_ID;
  return offset;
}

/** A new id. `nowMs` is there for tests and for ids that carry another clock's time. */
export function uuidv7(nowMs: number = Date.now()): string {
  const offset = draw();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = pool.readUInt16BE(offset) & COUNTER_START_MASK;
  } else if (counter < COUNTER_MAX) {
    counter += 1;
  } else {
    lastMs += 1;
    counter = pool.readUInt16BE(offset) & COUNTER_START_MASK;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const version = (0x7000 | counter).toString(16);
  const variant = (0x8000 | (pool.readUInt16BE(offset + 2) & 0x3fff)).toString(16);
  const tail = pool.toString('hex', offset + 4, offset + BYTES_PER_ID);
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${tail}`;
}
