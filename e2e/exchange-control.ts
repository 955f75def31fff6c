// The exchange's own statement and its fault switches, over its control port: the outside party's word, against
// which the bank's books are held.

export interface ExchangeOrder {
  /** The bank's order id. */
  readonly clOrdId: string;
  readonly symbol: string;
  readonly side: string;
  readonly status: string;
  readonly quantity: string;
  readonly cumulative: string;
  readonly leaves: string;
}

export interface ExchangeExecution {
  readonly execId: string;
  readonly clOrdId: string;
  readonly symbol: string;
  readonly side: string;
  readonly quantity: string;
  readonly price: string;
}

/** `exchange/faults.ts` says what each does. */
export interface ExchangeFaults {
  readonly delayMs?: number;
  readonly dropNext?: number;
  readonly dropEvery?: number;
  readonly duplicateEvery?: number;
  readonly loseNext?: number;
  /** Symbols in which it accepts no order. */
  readonly halted?: readonly string[];
  readonly dropConnection?: true;
}

export interface ExchangeControl {
  orders(): Promise<ExchangeOrder[]>;
  executions(): Promise<ExchangeExecution[]>;
  set(faults: ExchangeFaults): Promise<void>;
}

/** The statement of a long day is some megabytes. */
const timeoutMs = 10_000;

export const noFaults: ExchangeFaults = {
  delayMs: 0,
  dropNext: 0,
  dropEvery: 0,
  duplicateEvery: 0,
  loseNext: 0,
  halted: [],
};

export function exchangeControl(url: string): ExchangeControl {
  async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`the exchange answered ${path} with ${response.status}`);
    return response.json();
  }
  return {
    orders: async () => (await ask('/orders')) as ExchangeOrder[],
    executions: async () => (await ask('/executions')) as ExchangeExecution[],
    async set(faults) {
      const headers = { 'content-type': 'application/json' };
      await ask('/faults', { method: 'POST', headers, body: JSON.stringify(faults) });
    },
  };
}
