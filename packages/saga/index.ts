// The saga runner's public surface; see README.md for how a saga moves.
export {
  CommandRefused,
  SagaStuck,
  type Directive,
  type SagaDefinition,
  type SagaPort,
  type SagaStep,
  type StepKind,
} from './definition.ts';
export { startSagaRunner, type SagaRunner, type SagaRunnerOptions } from './saga-runner.ts';
export type { SagaLimits } from './limits.ts';
export type { SagaLog } from './run-saga.ts';
export type { SagaStatus } from './saga-store.ts';
export type { SagaStepView, SagaView } from './saga-view.ts';
export type { SagaStepState } from './step-log.ts';

/** The table `saga`, for a service's own database. */
export const sagaMigrations = new URL('./migrations/', import.meta.url);
