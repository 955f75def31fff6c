// Values of scalars and enums, with the odd ones that real data has.
import type { Random } from './random.ts';

/** The SDLs admit no data, as for a shared field whose subgraphs have no type in common. */
export class NoData extends Error {
  override readonly name = 'NoData';
}

const texts = [
  '',
  'plain',
  'two words',
  'quo"te',
  'back\\slash',
  'line\nbreak',
  'ünïcode 😀',
  '__proto__',
  'null',
  '</script>',
];

export function inventLeaf(random: Random, typeName: string, values: readonly string[] | undefined): unknown {
  if (values !== undefined) {
    if (values.length === 0) throw new NoData(`no value of ${typeName} is in all subgraphs`);
    return random.pick(values);
  }
  switch (typeName) {
    case 'Int':
      return random.pick([0, -1, 7, 2_147_483_647, random.below(1000)]);
    case 'Float':
      return random.pick([0, 1, -2.5, 1e21, 0.1, random.below(1000) / 8]);
    case 'Boolean':
      return random.chance(0.5);
    case 'ID':
      return String(random.below(1000));
    case 'String':
      return random.chance(0.5) ? random.pick(texts) : `text ${random.below(1000)}`;
    default:
      return inventJson(random);
  }
}

/** For a custom scalar: what it is made of is nobody's business on the way. */
function inventJson(random: Random): unknown {
  return random.weighted<() => unknown>([
    [3, () => random.pick(texts)],
    [1, () => random.below(10)],
    [1, () => false],
    [2, () => [1, 'two', null, [3]]],
    [2, () => ({ b: 1, a: { c: [null] }, '': '' })],
    [1, () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "__typename": "Query"}')],
  ])();
}
