// How columns become JavaScript values. Exact numbers stay exact: int8 is a bigint, numeric a string, and a
// date without a time stays text, because a Date would move it across midnight. The parsers belong to one
// pool and do not change pg's global ones.

import pg from 'pg';

const { builtins } = pg.types;
const INT8_ARRAY = 1016;
const NUMERIC_ARRAY = 1231;
const DATE_ARRAY = 1182;
const TEXT_ARRAY: number = 1009;

type TextParser = (text: string) => unknown;

const text: TextParser = (value) => value;
// pg's own parser for text[] splits the array literal and keeps the elements as strings.
const textArray: TextParser = (value) => pg.types.getTypeParser(TEXT_ARRAY, 'text')(value);

const exactParsers = new Map<number, TextParser>([
  [builtins.INT8, BigInt],
  [builtins.NUMERIC, text],
  [builtins.DATE, text],
  [NUMERIC_ARRAY, textArray],
  [DATE_ARRAY, textArray],
  [
    INT8_ARRAY,
    (value) => (textArray(value) as (string | null)[]).map((item) => (item === null ? null : BigInt(item))),
  ],
]);

export const exactTypes = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') =>
    exactParsers.get(oid) ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};
