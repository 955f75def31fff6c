// The package's public surface: exact money, prices and quantities, their text form and their rounding.
// decimal.ts stays inside; only its result type is public.
export type { DecimalFault, Parsed } from './decimal.ts';
export { divideRounded, isMultipleOf } from './rounding.ts';
export type { Rounding } from './rounding.ts';
export {
  CURRENCIES,
  MAXIMUM_MINOR_UNITS,
  addMoney,
  compareMoney,
  formatMoney,
  isCurrency,
  isNegative,
  isPositive,
  isZero,
  minorDigits,
  money,
  moneyOf,
  multiplyRatio,
  negateMoney,
  parseMoney,
  subtractMoney,
  sumMoney,
  usd,
  zero,
} from './money.ts';
export type { Currency, Money } from './money.ts';
export {
  MAXIMUM_QUANTITY,
  QUANTITY_SCALE,
  ZERO_QUANTITY,
  addQuantity,
  formatQuantity,
  parseQuantity,
  quantity,
  quantityOf,
  smallerQuantity,
  subtractQuantity,
} from './quantity.ts';
export type { Quantity } from './quantity.ts';
export {
  MAXIMUM_PRICE,
  PRICE_SCALE,
  averagePrice,
  formatPrice,
  parsePrice,
  price,
  priceOf,
  principal,
  roundToTick,
  scalePrice,
} from './price.ts';
export type { Fill, Price } from './price.ts';
export { allocate } from './allocation.ts';
export { moneyFromWire, moneyToWire, type WireMoney } from './wire.ts';
