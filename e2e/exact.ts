// Decimal strings as whole numbers of their smallest unit: a test that checks money must not reckon in floats, nor
// with the arithmetic that it checks.

/** `exact('12.5', 2)` is 1250n. Throws when the text has more decimals than that, or is not a number. */
export function exact(text: string, decimals: number): bigint {
  const match = /^(-?)(\d+)(?:\.(\d*?)0*)?$/.exec(text);
  if (match === null) throw new Error(`${text} is not a decimal number`);
  const [, sign, whole = '', fraction = ''] = match;
  if (fraction.length > decimals) throw new Error(`${text} has more than ${decimals} decimals`);
  const units = BigInt(whole + fraction.padEnd(decimals, '0'));
  return sign === '-' ? -units : units;
}
