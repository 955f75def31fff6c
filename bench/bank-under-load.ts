// What the bench knows of a bank, however it is wired.

export interface NamedProcess {
  /** Replicas of one service share a name: their figures are added. */
  readonly name: string;
  readonly pid: number;
}

export interface Endpoint {
  readonly service: string;
  readonly url: string;
}

export interface BankUnderLoad {
  readonly wiring: Wiring;
  /** How it was started, for the table. */
  readonly description: string;
  readonly bffWebUrls: readonly string[];
  readonly identityUrl: string;
  /** Every process but Postgres, the exchange and Redis among them. */
  processes(): readonly NamedProcess[];
  /** The postmaster; its children are found in the table of processes. */
  readonly postgresPid: number;
  /** One entry a replica that has statements to count. */
  metricsUrls(): readonly Endpoint[];
  /** By service that keeps data. */
  readonly databaseUrls: Readonly<Record<string, string>>;
  /** Where the ledger check finds the bank. */
  readonly dataDir: string;
  stop(): Promise<void>;
}

export const wirings = ['embedded', 'services'] as const;
export type Wiring = (typeof wirings)[number];
