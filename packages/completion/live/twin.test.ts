import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse, validate } from 'graphql';
import { prepare, type LiveDocument, type StateDocument } from './twin.ts';

const schema = buildSchema(/* GraphQL */ `
  type Query {
    storyUpdates(storyId: ID!, afterSequence: Int, first: Int! = 10): [StoryUpdate!]!
    wind(at: ID!): Wind
  }
  type Subscription {
    storyUpdated(storyId: ID!, after: String): StoryUpdate!
    weather: String
    windUpdated(place: ID!, after: String): Wind!
  }
  type Wind {
    version: Float!
    force: Int!
    station: Station
  }
  type Station {
    name: String!
    owner: String!
  }
  type StoryUpdate {
    sequence: Int!
    final: Boolean!
    text(language: String): String!
  }
`);
const liveFields = {
  storyUpdated: { twin: 'storyUpdates', key: 'storyId', stream: 'stories' },
  windUpdated: {
    twin: 'wind',
    key: 'place',
    state: {
      twinKey: 'at',
      isVersioned: true,
      forEveryone: ['Wind.version', 'Wind.force', 'Wind.station', 'Station.name'],
    },
  },
};

function live(text: string, operationName?: string): LiveDocument {
  const prepared = prepare(schema, liveFields, text, operationName);
  assert.equal(prepared.kind, 'live', JSON.stringify(prepared));
  assert.ok(prepared.kind === 'live');
  return prepared.document;
}

function state(text: string): StateDocument {
  const prepared = prepare(schema, liveFields, text, undefined);
  assert.equal(prepared.kind, 'state', JSON.stringify(prepared));
  assert.ok(prepared.kind === 'state');
  return prepared.document;
}

test('turns a subscription into a valid query of its twin with the same selection', () => {
  const document = live(
    'subscription Follow($id: ID!, $after: String) { storyUpdated(storyId: $id, after: $after) { text } }',
  );
  assert.equal(
    document.query,
    `query Follow($id: ID!, $live_afterSequence: Int, $live_first: Int!) {
  storyUpdated: storyUpdates(
    storyId: $id
    afterSequence: $live_afterSequence
    first: $live_first
  ) {
    text
    live_sequence: sequence
    live_final: final
  }
}`,
  );
  assert.deepEqual(validate(schema, parse(document.query)), []);
  assert.deepEqual(document.argumentsOf({ id: 's1', after: 'c' }), { storyId: 's1', after: 'c' });
});

test('turns a subscription to a state into a query of the state as it is now, with its version', () => {
  const document = state(
    'subscription Wind($of: ID!, $after: String) { windUpdated(place: $of, after: $after) { force } }',
  );
  assert.equal(
    document.query,
    `query Wind($of: ID!) {
  windUpdated: wind(at: $of) {
    force
    live_version: version
  }
}`,
  );
  assert.deepEqual(validate(schema, parse(document.query)), []);
  assert.deepEqual([...document.variableNames], ['of']);
});

for (const [text, isForEveryone] of [
  ['subscription { windUpdated(place: 1) { force } }', true],
  [
    'subscription { windUpdated(place: 1) { __typename ...On } } fragment On on Wind { station { name } }',
    true,
  ],
  ['subscription { windUpdated(place: 1) { force station { name owner } } }', false],
  ['subscription { windUpdated(place: 1) { ...On } } fragment On on Wind { station { owner } }', false],
] as const) {
  test(`everyone ${isForEveryone ? 'shares' : 'has alone'} ${text}`, () => {
    assert.equal(state(text).isForEveryone, isForEveryone);
  });
}

test('keeps aliases, fragments and the variables inside, and drops what only other operations use', () => {
  const document = live(
    `subscription A($id: ID!, $language: String) { news: storyUpdated(storyId: $id) { ...Text } }
     subscription B { weather }
     fragment Text on StoryUpdate { text(language: $language) }`,
    'A',
  );
  assert.equal(document.responseKey, 'news');
  assert.deepEqual([...document.variableNames].toSorted(), [
    'id',
    'language',
    'live_afterSequence',
    'live_first',
  ]);
  assert.deepEqual(validate(schema, parse(document.query)), []);
});

test('takes literal arguments as well as variables', () => {
  const document = live('subscription { storyUpdated(storyId: "s1") { text } }');
  assert.deepEqual(document.argumentsOf({}), { storyId: 's1' });
});

const refused: [string, string, string][] = [
  ['a document that does not parse', 'subscription {', 'invalid'],
  ['a field that does not exist', 'subscription { nope }', 'invalid'],
  ['two root fields', 'subscription { weather storyUpdated(storyId: 1) { text } }', 'invalid'],
  ['a subscription without a twin', 'subscription { weather }', 'unsupported'],
  [
    'a root field in a fragment',
    'subscription { ...on Subscription { storyUpdated(storyId: 1) { text } } }',
    'unsupported',
  ],
  [
    'several operations without a name',
    'subscription A { weather } subscription B { weather }',
    'unsupported',
  ],
  ['a query, which is left to the gateway', '{ storyUpdates(storyId: 1) { text } }', 'operation'],
];

for (const [what, text, kind] of refused) {
  test(`answers ${kind} for ${what}`, () => {
    assert.equal(prepare(schema, liveFields, text, undefined).kind, kind);
  });
}

test('fills in the default values of variables, and coerces what is given', () => {
  const document = live(
    'subscription Follow($id: ID!, $after: String = "0") { storyUpdated(storyId: $id, after: $after) { text } }',
  );
  assert.deepEqual(document.argumentsOf({ id: 7 }), { storyId: '7', after: '0' });
  assert.throws(() => document.argumentsOf({ id: 's1', after: 0 }), /after/);
});

test('names a bad variable', () => {
  const document = live('subscription Follow($id: ID!) { storyUpdated(storyId: $id) { text } }');
  assert.throws(() => document.argumentsOf({}), /storyId/);
});
