// What both executors make of answers that no subgraph should send.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityFetch, executors, rootFetch, runWritten } from './executors.fixture.ts';

const keyed = {
  shop: 'type Query { items: [Item] first: Item } type Item @key(fields: "id") { id: ID! }',
  stock: 'type Item @key(fields: "id") { id: ID! count: Int }',
};

const named = (id: string) => ({ __typename: 'Item', id });

for (const [name, executorOf] of executors) {
  for (const [what, answer, expected] of [
    ['a list where an object must stand', { me: [] }, { me: null }],
    ['a number that JSON cannot hold', { me: { name: 'n', size: Infinity } }, { me: null }],
  ] as const) {
    test(`${name}: ${what} is null with an error`, async () => {
      const { data, errors } = await runWritten(executorOf, {
        sdls: { own: 'type Query { me: Me } type Me { name: String length: Int size: Float! }' },
        query: what.startsWith('a list') ? '{ me { name length } }' : '{ me { name size } }',
        plan: [rootFetch('own', '{ me { name length size } }')],
        answers: { own: [answer] },
      });
      assert.deepEqual(data, expected);
      assert.deepEqual(
        errors.map(({ extensions }) => extensions?.['code']),
        ['SUBGRAPH_INVALID_VALUE'],
      );
    });
  }

  for (const [what, other] of [
    ['a text', 'no list'],
    ['an object', { count: 1 }],
  ]) {
    test(`${name}: a list that is ${what} elsewhere is null with an error, whoever comes first`, async () => {
      const own = 'type Query { items: [Item] @shareable } type Item';
      for (const [shop, stock] of [
        [[{ name: 'a' }], other],
        [other, [{ count: 1 }]],
      ]) {
        const { data, errors } = await runWritten(executorOf, {
          sdls: { shop: `${own} { name: String }`, stock: `${own} { count: Int }` },
          query: '{ items { name count } }',
          plan: [rootFetch('shop', '{ items { name } }'), rootFetch('stock', '{ items { count } }')],
          answers: { shop: [{ items: shop }], stock: [{ items: stock }] },
        });
        assert.deepEqual(data, { items: null });
        assert.deepEqual(
          errors.map(({ extensions }) => extensions?.['code']),
          ['SUBGRAPH_INVALID_VALUE'],
        );
      }
    });
  }

  test(`${name}: keys that nobody asked for are nothing, whatever they look like`, async () => {
    const { data, errors, sent } = await runWritten(executorOf, {
      sdls: keyed,
      query: '{ first { count } items { count } }',
      plan: [
        rootFetch('shop', '{ first { __typename id } items { __typename id } }'),
        entityFetch('stock', [['first', 'items[]'], 'Item { id }', '... on Item { count }']),
      ],
      answers: {
        shop: [
          {
            first: { ...named('1'), $0: { entity: { count: 13 } } },
            items: [{ ...named('2'), $0: null, 'merged:count': 13 }],
          },
        ],
        stock: [{ e0: [{ count: 1 }, { count: 2 }] }],
      },
    });
    assert.deepEqual({ data, errors }, { data: { first: { count: 1 }, items: [{ count: 2 }] }, errors: [] });
    assert.deepEqual(sent['stock'], [{ r0: [named('1'), named('2')] }]);
  });

  test(`${name}: a key that is no text is never taken for the text that it looks like`, async () => {
    const { sent } = await runWritten(executorOf, {
      sdls: keyed,
      query: '{ items { count } }',
      plan: [
        rootFetch('shop', '{ items { __typename id } }'),
        entityFetch('stock', [['items[]'], 'Item { id }', '... on Item { count }']),
      ],
      answers: {
        shop: [{ items: [{ __typename: 'Item', id: ['1'] }, named('["1"]')] }],
        stock: [{ e0: [{ count: 1 }, { count: 2 }] }],
      },
    });
    assert.deepEqual(sent['stock'], [{ r0: [{ __typename: 'Item', id: ['1'] }, named('["1"]')] }]);
  });

  test(`${name}: a key that is an object at one subgraph is nothing where another has the scalar`, async () => {
    const { data, sent } = await runWritten(executorOf, {
      sdls: {
        ...keyed,
        stock: 'type Item @key(fields: "id") { id: ID! code: String! @shareable }',
        codes: 'type Item @key(fields: "id") { id: ID! code: String! @shareable }',
        prices: 'type Item @key(fields: "code") { code: String! @shareable price: Int }',
      },
      query: '{ items { price } }',
      plan: [
        rootFetch('shop', '{ items { __typename id } }'),
        entityFetch('stock', [['items[]'], 'Item { id }', '... on Item { code }']),
        entityFetch('codes', [['items[]'], 'Item { id }', '... on Item { code }']),
        entityFetch('prices', [['items[]'], 'Item { code }', '... on Item { price }']),
      ],
      answers: {
        shop: [{ items: [named('1')] }],
        stock: [{ e0: [{ code: { wrong: true } }] }],
        codes: [{ e0: [{ code: 'a' }] }],
        prices: [{ e0: [{ price: 1 }] }],
      },
    });
    assert.deepEqual(data, { items: [{ price: 1 }] });
    assert.deepEqual(sent['prices'], [{ r0: [{ __typename: 'Item', code: 'a' }] }]);
  });

  test(`${name}: a scalar that is JSON keeps a key __proto__, also where objects are merged`, async () => {
    const items: unknown = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}');
    const p = (id: string) => ({ __typename: 'P', id });
    const { data, errors } = await runWritten(executorOf, {
      sdls: {
        root: 'type Query { top: P } type P @key(fields: "id") { id: ID! }',
        ratings: 'scalar Json type P @key(fields: "id") { id: ID! rating: P items: Json }',
      },
      query: '{ top { rating { rating { id items } } } }',
      plan: [
        rootFetch('root', '{ top { __typename id } }'),
        entityFetch('ratings', [
          ['top'],
          'P { id }',
          '... on P { rating { __typename rating { __typename id } id } }',
        ]),
        // The entity stands at two places, so what it brings is copied where it is merged.
        entityFetch('ratings', [
          ['top.rating.rating', 'top.rating'],
          'P { id }',
          '... on P { rating { items id } }',
        ]),
      ],
      answers: {
        root: [{ top: p('2') }],
        ratings: [
          { e0: [{ rating: { ...p('0'), rating: p('2') } }] },
          { e0: [{ rating: { items: null, id: '0' } }, { rating: { items, id: '2' } }] },
        ],
      },
    });
    assert.deepEqual(errors, []);
    assert.equal(
      JSON.stringify(data),
      '{"top":{"rating":{"rating":{"id":"2","items":{"__proto__":{"polluted":true},"constructor":1}}}}}',
    );
    assert.equal('polluted' in {}, false);
  });
}
