// Large answers are read in turns: one buffer of one of them in each turn of the event loop, of the oldest that has any.
// So they hold nobody else up, and of many the first is there soon instead of all late.

/** Reads nothing from when it is added until it is told to read on. */
export interface LargeAnswer {
  readOn(): void;
}

/** Whether each waits for its turn; in the order in which they began. */
const reading = new Map<LargeAnswer, boolean>();
let isPlanned = false;

/** Of one that has just read a buffer, and reads no more until its turn comes. */
export function waitForTurn(answer: LargeAnswer): void {
  reading.set(answer, true);
  plan();
}

/** Of one that is over, or that was never large. */
export function endTurns(answer: LargeAnswer): void {
  reading.delete(answer);
}

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  setImmediate(giveTurn);
}

function giveTurn(): void {
  isPlanned = false;
  for (const [answer, isWaiting] of reading) {
    if (!isWaiting) continue;
    reading.set(answer, false);
    answer.readOn();
    // One that has nothing to read must not keep the others waiting.
    plan();
    return;
  }
}
