// What a fault says about the reports that were being written: only one that the reports themselves have caused may
// cost a report. Everything else passes by itself, or needs an operator, and until then the reports wait.
import { DatabaseUnavailable, DeadlineExceeded } from '@simplebank/chassis';
import { SessionLost } from './fix-session-store.ts';

/**
 * `lost`: another process has the session, and trying again is of no use. `away`: the infrastructure fails, and
 * trying again later helps. `report`: one of the reports cannot be written, now or ever.
 */
export type WriteFault = 'lost' | 'away' | 'report';

/**
 * The classes of SQLSTATE that a statement's values can cause: cardinality, data, integrity, program limits. See
 * appendix A of the PostgreSQL manual. All others (08, 25, 40, 53, 55, 57, 58 …) say nothing about the reports.
 */
const CLASSES_OF_VALUES = new Set(['21', '22', '23', '54']);
const SQLSTATE = /^[0-9A-Z]{5}$/;

export function writeFaultOf(error: unknown): WriteFault {
  if (error instanceof SessionLost) return 'lost';
  if (error instanceof DatabaseUnavailable || error instanceof DeadlineExceeded) return 'away';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // A network fault, such as EPIPE, has a code that is in none of the classes either.
  if (typeof code === 'string' && SQLSTATE.test(code)) {
    return CLASSES_OF_VALUES.has(code.slice(0, 2)) ? 'report' : 'away';
  }
  return typeof code === 'string' && !code.startsWith('ERR_') ? 'away' : 'report';
}
