// What became of each step, for people: kept as JSON in the saga's row and shown by `view`. A step that was
// not touched yet has no entry.

export type SagaStepState = 'PENDING' | 'DONE' | 'COMPENSATED' | 'FAILED';

export interface StepEntry {
  readonly state: SagaStepState;
  /** Commands carried out or tried for it, its compensation's included. */
  readonly attempts: number;
  readonly fault?: string;
  /** ISO 8601 in UTC. */
  readonly finishedAt?: string;
}

export type StepLog = Readonly<Record<string, StepEntry>>;

/** Long enough to recognise a fault by; the log has all of it. */
const MAX_FAULT_CHARACTERS = 500;

const untouched: StepEntry = { state: 'PENDING', attempts: 0 };

export function entryOf(log: StepLog, stepName: string): StepEntry {
  return log[stepName] ?? untouched;
}

export function withStepState(log: StepLog, stepName: string, state: SagaStepState, at: Date): StepLog {
  return { ...log, [stepName]: { ...entryOf(log, stepName), state, finishedAt: at.toISOString() } };
}

export function withAttempt(log: StepLog, stepName: string): StepLog {
  const entry = entryOf(log, stepName);
  return { ...log, [stepName]: { ...entry, attempts: entry.attempts + 1 } };
}

export function withFault(log: StepLog, stepName: string, fault: unknown): StepLog {
  return { ...log, [stepName]: { ...entryOf(log, stepName), fault: faultText(fault) } };
}

export function faultText(fault: unknown): string {
  return (fault instanceof Error ? fault.message : String(fault)).slice(0, MAX_FAULT_CHARACTERS);
}
