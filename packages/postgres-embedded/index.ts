// The package's public surface: a real PostgreSQL 18 from npm packages, started beside the bank.

export { startPostgres, type PostgresOptions, type RunningPostgres } from './start-postgres.ts';
export { PostgresError, type PostgresErrorCode } from './postgres-error.ts';
