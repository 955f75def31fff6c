// `extensions.plan` and `extensions.trace`, asked for as a client asks: in the body of its request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine } from '../engine.ts';
import { createHttpFront } from '../http/http-front.ts';
import { shop } from '../reference/shop.fixture.ts';
import type { TracedFetch } from './explain-answer.ts';

interface Answer {
  readonly data?: unknown;
  readonly extensions?: {
    readonly plan?: { readonly text: readonly string[]; readonly root: { readonly kind: string } };
    readonly trace?: { readonly durationMs: number; readonly fetches: readonly TracedFetch[] };
  };
}

async function open({ explain }: { explain: boolean }) {
  const federation = await shop();
  let fetches = 0;
  const engine = await createEngine({
    supergraph: federation.supergraph.sdl,
    planner: 'apollo',
    explain,
    fetcher: {
      fetch(request) {
        fetches += 1;
        return federation.ask(request);
      },
    },
  });
  const front = createHttpFront(engine);
  async function ask(query: string, extensions?: object, accept = '*/*'): Promise<string> {
    const { body } = await front.answerHttp({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query, extensions }),
      signal: undefined,
    });
    if (typeof body === 'string') return body;
    assert.ok(!Buffer.isBuffer(body));
    let text = '';
    for await (const part of body) text += part;
    return text;
  }
  return {
    ask,
    answer: async (query: string, extensions?: object) => JSON.parse(await ask(query, extensions)) as Answer,
    fetches: () => fetches,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await federation[Symbol.asyncDispose]();
    },
  };
}

const query = '{ pair { title stars } }';

test('a request that asks for plan and trace gets both beside the same data', async () => {
  await using gateway = await open({ explain: true });
  const plain = await gateway.answer(query);
  const { data, extensions } = await gateway.answer(query, { explain: ['plan', 'trace'] });
  assert.equal(plain.extensions, undefined);
  assert.deepEqual(data, plain.data);
  assert.deepEqual(extensions?.plan?.text.slice(0, 3), [
    'Sequence',
    '  Fetch catalog (query): { pair { __typename id title } }',
    '  Entities reviews: _entities at pair[] by Item { __typename id } brings { ... on Item { stars } }',
  ]);
  assert.equal(extensions?.plan?.root.kind, 'sequence');
  const { fetches = [], durationMs = -1 } = extensions?.trace ?? {};
  assert.deepEqual(
    fetches.map(({ subgraph, entities, errors }) => [subgraph, entities, errors]),
    [
      ['catalog', undefined, 0],
      ['reviews', 2, 0],
    ],
  );
  const [first, second] = fetches;
  assert.ok(first !== undefined && second !== undefined);
  assert.ok(second.startMs >= first.startMs + first.durationMs);
  assert.ok(durationMs >= second.startMs + second.durationMs);
});

test('each can be asked for alone, and what is asked for wrongly is ignored', async () => {
  await using gateway = await open({ explain: true });
  const keys = async (explain: unknown) =>
    Object.keys((await gateway.answer(query, { explain })).extensions ?? {});
  assert.deepEqual(await keys(['plan']), ['plan']);
  assert.deepEqual(await keys(['trace']), ['trace']);
  for (const wrong of ['plan', [], [1], { plan: true }, null]) assert.deepEqual(await keys(wrong), []);
});

test('where explaining is off, nothing is told to those who ask', async () => {
  await using gateway = await open({ explain: false });
  assert.equal((await gateway.answer(query, { explain: ['plan', 'trace'] })).extensions, undefined);
});

test('a request that is explained never shares the execution of an equal one', async () => {
  await using gateway = await open({ explain: true });
  await gateway.answer(query);
  const before = gateway.fetches();
  const explained = () => gateway.answer(query, { explain: ['trace'] });
  const answers = await Promise.all([gateway.answer(query), explained(), explained(), gateway.answer(query)]);
  // Two fetches each: of the four requests, the two that are not explained share theirs.
  assert.equal(gateway.fetches() - before, 3 * 2);
  assert.deepEqual(
    answers.map(({ extensions }) => extensions?.trace?.fetches.length),
    [undefined, 2, 2, undefined],
  );
});

test('a deferred answer brings its plan with the first part and its trace with the last', async () => {
  await using gateway = await open({ explain: true });
  const deferred = '{ pair { title ... @defer { stars } } }';
  const text = await gateway.ask(
    deferred,
    { explain: ['plan', 'trace'] },
    'multipart/mixed;deferSpec=20220824, application/json',
  );
  const parts = [...text.matchAll(/^\{.*\}$/gm)].map(
    ([part]) => JSON.parse(part) as Answer & { hasNext: boolean },
  );
  assert.ok(parts.length >= 2);
  assert.equal(parts[0]?.extensions?.plan?.text[0], 'Defer');
  assert.equal(parts[0].extensions.trace, undefined);
  assert.equal(parts.at(-1)?.hasNext, false);
  assert.deepEqual(
    parts.at(-1)?.extensions?.trace?.fetches.map(({ subgraph }) => subgraph),
    ['catalog', 'reviews'],
  );
});
