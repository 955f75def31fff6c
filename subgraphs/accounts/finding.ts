// What a check of the books says about one invariant.

export interface Finding {
  readonly invariant: string;
  readonly holds: boolean;
  /** How many things were looked at. */
  readonly checked: number;
  /** True at rest only: what is explained by work that is still under way. */
  readonly inFlight?: number;
  readonly violations: number;
  /** The first of them, as a person reads them. */
  readonly samples: readonly string[];
}

/** Enough to start looking; a broken ledger may have thousands. */
export const sampleLimit = 5;

export function findingOf(
  invariant: string,
  { checked, inFlight, violations }: { checked: number; inFlight?: number; violations: readonly string[] },
): Finding {
  return {
    invariant,
    holds: violations.length === 0,
    checked,
    ...(inFlight === undefined ? {} : { inFlight }),
    violations: violations.length,
    samples: violations.slice(0, sampleLimit),
  };
}
