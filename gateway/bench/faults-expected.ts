// What the third subgraph does wrong and what a client must see of it: by fault, which errors where. Everything else is
// right in every answer, whatever that subgraph does.
import type { Question } from './faults-load.ts';

/** What the processes of the subgraphs say (faults-subgraphs.fixture.ts). */
export type FromSubgraphs =
  | {
      readonly kind: 'healthy';
      readonly urls: Readonly<Record<string, string>>;
      /** The later one knows Product.note as well. */
      readonly supergraphs: readonly [earlier: string, later: string];
    }
  | { readonly kind: 'faulty'; readonly url: string }
  | { readonly kind: 'does'; readonly what: string };

export const productCount = 10;
/** Of a subgraph that is slow: far beyond the deadlines that are asked for. */
export const answersLateMs = 5_000;

export type Code = 'SERVICE_UNAVAILABLE' | 'DEADLINE_EXCEEDED' | 'SUBGRAPH_INVALID_VALUE';

export interface Expected {
  /** Each of them is seen at some time … */
  readonly codes: readonly Code[];
  /** … and these may be. */
  readonly alsoCodes?: readonly Code[];
  /** Where there are errors when that subgraph's part of the entities is asked for. */
  readonly entities: readonly string[];
  /** Where there is one when its root field is; absent when that is right. */
  readonly root?: string;
}

const eachProduct = Array.from({ length: productCount }, (_, index) => `products.${index}`);

const unavailable: Expected = { codes: ['SERVICE_UNAVAILABLE'], entities: eachProduct, root: 'rates' };
/** After some failures the breaker opens: then nobody has to wait for his deadline. */
const late: Expected = { ...unavailable, codes: ['DEADLINE_EXCEEDED'], alsoCodes: ['SERVICE_UNAVAILABLE'] };
const wrongCount: Expected = { codes: ['SUBGRAPH_INVALID_VALUE'], entities: eachProduct };

export const expectedOf = {
  'refuses connections': unavailable,
  'never answers': late,
  'answers too late': late,
  'answers HTML': unavailable,
  'answers half a JSON': unavailable,
  redirects: unavailable,
  'announces 100 MB': unavailable,
  // Many of them at once share what the machine can carry, so that some are late before they are too large.
  'sends 100 MB unannounced': { ...unavailable, alsoCodes: ['DEADLINE_EXCEEDED'] },
  'closes in the head': unavailable,
  'closes in the body': unavailable,
  resets: unavailable,
  'writes garbage': unavailable,
  'answers wrong types': {
    codes: ['SUBGRAPH_INVALID_VALUE'],
    entities: eachProduct.map((path, index) => (index % 2 === 0 ? `${path}.price` : `${path}.price.amount`)),
    root: 'rates.euro',
  },
  'answers too few entities': wrongCount,
  'answers too many entities': wrongCount,
  'answers null where none may be': {
    codes: ['SUBGRAPH_INVALID_VALUE'],
    entities: eachProduct.map((path) => `${path}.price.amount`),
    root: 'rates.euro',
  },
} as const satisfies Readonly<Record<string, Expected>>;

export type FaultName = keyof typeof expectedOf;
export const faultNames = Object.keys(expectedOf) as FaultName[];

export const touched = 'all three subgraphs';
export const untouched = 'the healthy two';
const rootField = 'a root field of the third';

/** In turn: entities from all three subgraphs, nothing of the third one, only the third one. */
export function questionsWhile(fault: FaultName | 'nothing wrong'): readonly Question[] {
  const expected: Expected | undefined = fault === 'nothing wrong' ? undefined : expectedOf[fault];
  const price = expected === undefined ? { amount: 200, currency: 'EUR' } : null;
  const rates = expected === undefined || expected.root === undefined ? { euro: 1.5 } : null;
  const root = expected?.root;
  return [
    {
      name: touched,
      query: '{ products { upc name inStock price { amount currency } } }',
      check: (text) => wrongIn(text, { products: productsWith({ price }) }, expected?.entities, expected),
    },
    {
      name: untouched,
      query: '{ products { upc name inStock } }',
      check: (text) => wrongIn(text, { products: productsWith({}) }, [], undefined),
    },
    {
      name: rootField,
      query: '{ rates { euro } }',
      check: (text) => wrongIn(text, { rates }, root === undefined ? [] : [root], expected),
    },
  ];
}

function productsWith(more: object): object[] {
  return Array.from({ length: productCount }, (_, index) => {
    return { upc: `p${index}`, name: `name of p${index}`, inStock: 2, ...more };
  });
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly path?: readonly unknown[];
    readonly extensions?: { code?: string };
  }[];
}

/** What is wrong, and the codes of its errors. */
function wrongIn(
  text: string,
  data: object,
  wanted: readonly string[] = [],
  { codes: must = [], alsoCodes = [] }: Partial<Expected> = {},
): ReturnType<Question['check']> {
  let answer: Answer;
  try {
    answer = JSON.parse(text) as Answer;
  } catch {
    return { wrong: 'no JSON', codes: [] };
  }
  const errors = answer.errors ?? [];
  const codes = errors.map(({ extensions }) => extensions?.code ?? 'no code');
  // The order of keys is that of the query, so that equal means equal texts.
  if (JSON.stringify(answer.data) !== JSON.stringify(data)) return { wrong: 'other data', codes };
  const paths = errors.map(({ path = [] }) => path.join('.')).toSorted();
  if (paths.join(' ') !== wanted.toSorted().join(' '))
    return { wrong: `errors at ${paths.join(' ')}`, codes };
  const other = codes.find((code) => ![...must, ...alsoCodes].includes(code as Code));
  return { wrong: other === undefined ? undefined : `the code ${other}`, codes };
}
