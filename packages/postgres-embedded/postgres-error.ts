// The launcher's own errors, with codes that a program can tell apart and a message for the person who
// starts the bank.

export type PostgresErrorCode =
  | 'NO_POSTGRES_BINARIES'
  | 'DATA_FOLDER_IN_USE'
  | 'DATA_FOLDER_UNREACHABLE'
  | 'PORT_IN_USE'
  | 'POSTGRES_START_FAILED';

export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  readonly code: PostgresErrorCode;

  constructor(code: PostgresErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
  }
}
