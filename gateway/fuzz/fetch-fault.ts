// What can go wrong with a subgraph's answer as a whole. No monolith has such faults: what must hold is that both
// executors answer alike, and that the answer holds nothing but the truth or an explained null.
import type { Lie } from './compare.ts';
import { hashOf } from './random.ts';
import { isRecord } from './world.ts';
import type { SubgraphAnswer } from '../subgraph-fetch.ts';

export type FetchFaultKind =
  /** Every request fails. */
  | 'down'
  /** Requests for entities fail. */
  | 'entitiesDown'
  /** Some entities are null, without an error. */
  | 'nullEntities'
  | 'tooFewEntities'
  | 'tooManyEntities'
  | 'entitiesNoList'
  /** Fields by some response keys are null, whatever their type. */
  | 'nulls'
  /** … are of another type: an object for a scalar, a text for an object or list. */
  | 'wrongTypes'
  /** … are missing. */
  | 'missingKeys'
  /** Data and an error that names no path. */
  | 'errorWithoutPath';

export const fetchFaultKinds: readonly FetchFaultKind[] = [
  'down',
  'entitiesDown',
  'nullEntities',
  'tooFewEntities',
  'tooManyEntities',
  'entitiesNoList',
  'nulls',
  'wrongTypes',
  'missingKeys',
  'errorWithoutPath',
];

export interface FetchFault {
  readonly kind: FetchFaultKind;
  readonly subgraph: string;
  /** Chooses entities and keys. */
  readonly seed: number;
}

/** What a client may see that is not the truth and that nobody could have found out. */
export function isAllowed(lie: Lie, kind: FetchFaultKind, hasRequires: boolean): boolean {
  switch (lie) {
    case 'other keys':
      // Inside a custom scalar nobody knows what belongs there.
      return kind === 'wrongTypes' || kind === 'missingKeys';
    case 'another value':
      return hasRequires || kind === 'wrongTypes' || kind === 'tooManyEntities';
    case 'unexplained null':
      return ['nullEntities', 'nulls', 'missingKeys', 'wrongTypes'].includes(kind);
    default:
      return lie satisfies never;
  }
}

const refusal = { message: 'injected', extensions: { code: 'SERVICE_UNAVAILABLE' } };

export function faultyAnswer(fault: FetchFault, query: string, answer: SubgraphAnswer): SubgraphAnswer {
  // Not a client's alias of that name.
  const isEntities = query.includes('_entities(');
  const { data } = answer;
  switch (fault.kind) {
    case 'down':
      return { data: null, errors: [refusal] };
    case 'entitiesDown':
      return isEntities ? { data: null, errors: [refusal] } : answer;
    case 'errorWithoutPath':
      return { data, errors: [...answer.errors, refusal] };
    case 'nullEntities':
      return mapLists(isEntities, answer, (list) =>
        list.map((entity, index) => (isChosen(fault, String(index)) ? null : entity)),
      );
    case 'tooFewEntities':
      return mapLists(isEntities, answer, (list) => list.slice(1));
    case 'tooManyEntities':
      return mapLists(isEntities, answer, (list) => [...list, ...list]);
    case 'entitiesNoList':
      return mapLists(isEntities, answer, () => 'no list');
    case 'nulls':
    case 'wrongTypes':
    case 'missingKeys':
      return data === null ? answer : { data: spoil(fault, data), errors: answer.errors };
    default:
      return fault.kind satisfies never;
  }
}

function mapLists(
  isEntities: boolean,
  { data, errors }: SubgraphAnswer,
  change: (list: unknown[]) => unknown,
): SubgraphAnswer {
  if (!isEntities || data === null) return { data, errors };
  return {
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [
        key,
        Array.isArray(value) ? change(value as unknown[]) : value,
      ]),
    ),
    errors,
  };
}

/** Below `_entities`, and everywhere in answers to root fields. */
function spoil(fault: FetchFault, object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]): [string, unknown][] => {
      const isSpoilt = key !== '__typename' && !key.startsWith('_') && isChosen(fault, key);
      if (!isSpoilt) return [[key, spoilInside(fault, value)]];
      if (fault.kind === 'missingKeys') return [];
      if (fault.kind === 'nulls') return [[key, null]];
      return [[key, typeof value === 'object' && value !== null ? 'wrong' : { wrong: true }]];
    }),
  );
}

function spoilInside(fault: FetchFault, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => spoilInside(fault, item));
  return isRecord(value) ? spoil(fault, value) : value;
}

function isChosen({ seed }: FetchFault, name: string): boolean {
  return hashOf(`${seed} ${name}`) % 4 === 0;
}
