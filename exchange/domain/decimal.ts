// FIX's decimal texts to and from the exchange's integers: prices in millionths, quantities in whole shares.

const PRICE_DIGITS = 6;
const DECIMAL = /^(\d{1,15})(?:\.(\d+))?$/;

/** Undefined when it is negative, not a number, or finer than a millionth. */
export function parsePrice(text: string): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > PRICE_DIGITS) return undefined;
  return BigInt(match[1] + fraction.padEnd(PRICE_DIGITS, '0'));
}

/** At least two digits after the point: `120.00`, `120.005`. */
export function formatPrice(price: bigint): string {
  const digits = price.toString().padStart(PRICE_DIGITS + 1, '0');
  const fraction = digits.slice(-PRICE_DIGITS).replace(/0{1,4}$/, '');
  return `${digits.slice(0, -PRICE_DIGITS)}.${fraction}`;
}

/** Undefined when it is not a whole number of shares; `100.000` is one. */
export function parseQuantity(text: string): bigint | undefined {
  const match = DECIMAL.exec(text);
  return match === null || /[1-9]/.test(match[2] ?? '') ? undefined : BigInt(match[1]!);
}
