// Decimal strings to scaled integers and back, digit by digit. A binary float never takes part, because
// 0.1 + 0.2 is not 0.3 there and a bank must not find that out from its customers.
// Money, Quantity and Price are three scales of this one idea: '1.25' at 6 digits is 1250000n.

/** The three ways a text fails, checked in this order: its form, its precision, its size. */
export type DecimalFault = 'NOT_A_NUMBER' | 'TOO_PRECISE' | 'TOO_LARGE';

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: DecimalFault };

/** How many decimals a type holds, and the largest absolute value it takes from a text, in its own units. */
export interface Scale {
  readonly digits: number;
  readonly limit: bigint;
}

/** What JSON calls a number, without the exponent; leading zeros are harmless and pass. */
const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]+))?$/;
const LEADING_ZEROS = /^0+/;
const ONLY_ZEROS = /^0*$/;

/**
 * Reads a plain decimal: '10', '-0.5', '120.500000'. Takes `unknown`, because it stands where input arrives.
 * `brand` makes the result's type from the scaled integer. The work is linear in the text's length: a text
 * of a million digits is refused by counting them, before BigInt sees it.
 */
export function parseScaled<T>(text: unknown, scale: Scale, brand: (units: bigint) => T): Parsed<T> {
  const match = typeof text === 'string' ? DECIMAL.exec(text) : null;
  if (match === null) return { ok: false, reason: 'NOT_A_NUMBER' };
  const [, sign, whole = '', fraction = ''] = match;

  if (!ONLY_ZEROS.test(fraction.slice(scale.digits))) return { ok: false, reason: 'TOO_PRECISE' };

  const digits = (whole + fraction.slice(0, scale.digits).padEnd(scale.digits, '0')).replace(
    LEADING_ZEROS,
    '',
  );
  if (digits.length > scale.limit.toString().length) return { ok: false, reason: 'TOO_LARGE' };
  const size = BigInt(digits);
  if (size > scale.limit) return { ok: false, reason: 'TOO_LARGE' };

  return { ok: true, value: brand(sign === '-' ? -size : size) };
}

/** For text that our own code or database wrote: a fault in it is a bug, so it throws. */
export function trusted<T>(parsed: Parsed<T>, what: string, text: string): T {
  if (parsed.ok) return parsed.value;
  throw new RangeError(`${JSON.stringify(text)} is not a ${what}: ${parsed.reason}`);
}

/** Writes all digits that matter, but at least `minimumDecimals`: (120500000n, 6, 2) is '120.50'. */
export function formatScaled(units: bigint, digits: number, minimumDecimals: number): string {
  const sign = units < 0n ? '-' : '';
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);

  let end = text.length;
  while (end > whole.length + minimumDecimals && text[end - 1] === '0') end -= 1;
  const fraction = text.slice(whole.length, end);
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}
