// What both executors make of plans and answers in which executors are easily wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityFetch, executors, rootFetch, runWritten } from './executors.fixture.ts';

const media = {
  search: `type Product implements Media @key(fields: "id") { id: ID! } interface Media { id: ID! }
    type Query { items: [Media] }`,
  reviews: 'type Media @key(fields: "id") @interfaceObject { id: ID! rating: Int }',
};

const chain = {
  nodes: 'type Query { top: Item } type Item @key(fields: "id") { id: ID! next: Item }',
  notes: `type Item @key(fields: "id") { id: ID! note: String next: Item @external
    price: Int @requires(fields: "next { next { note } }") }`,
};

const keyed = {
  shop: `type Query { items: [Item] first: Item }
    type Item @key(fields: "id") @key(fields: "code region") { id: ID! code: String region: Int part: Part size: Int @shareable }
    type Part { name: String! @shareable maker: Maker } type Maker { name: String }`,
  stock: `type Item @key(fields: "id") @key(fields: "code region") { id: ID! code: String @external region: Int
    count: Int size: Int @shareable part: Part @external shelf: Int @requires(fields: "part { name }")
    label: Int @requires(fields: "code") }
    type Part { name: String! @external }`,
};

const named = (id: string) => ({ __typename: 'Item', id });

for (const [name, executorOf] of executors) {
  test(`${name}: an interface object's name never replaces the real type`, async () => {
    const { data, errors } = await runWritten(executorOf, {
      sdls: media,
      query: '{ items { ... on Product { rating } __typename } }',
      plan: [
        rootFetch('search', '{ items { __typename ... on Product { __typename id } } }'),
        entityFetch('reviews', [['items[]'], 'Product { id }', '... on Media { __typename rating }']),
      ],
      answers: {
        search: [{ items: [{ __typename: 'Product', id: '1' }] }],
        reviews: [{ e0: [{ __typename: 'Media', rating: 3 }] }],
      },
    });
    assert.deepEqual(
      { data, errors },
      { data: { items: [{ rating: 3, __typename: 'Product' }] }, errors: [] },
    );
  });

  test(`${name}: an entity below itself keeps what each of its places has been brought`, async () => {
    const notes = await runWritten(executorOf, {
      sdls: chain,
      query: '{ top { next { price } } }',
      plan: [
        rootFetch('nodes', '{ top { next { __typename id next { __typename id } } } }'),
        // The same entity at two paths, one below the other: below each of them it brings other objects.
        entityFetch('nodes', [
          ['top.next.next', 'top.next'],
          'Item { id }',
          '... on Item { next { next { __typename id } } }',
        ]),
        entityFetch('notes', [
          ['top.next.next.next.next', 'top.next.next.next'],
          'Item { id }',
          '... on Item { note }',
        ]),
        entityFetch('notes', [['top.next'], 'Item { id next { next { note } } }', '... on Item { price }']),
      ],
      answers: {
        nodes: [
          { top: { next: { ...named('1'), next: named('1') } } },
          { e0: [{ next: { next: named('1') } }] },
        ],
        notes: [{ e0: [{ note: 'n' }] }, { e0: [{ price: 7 }] }],
      },
    });
    assert.deepEqual(notes.errors, []);
    assert.deepEqual(notes.data, { top: { next: { price: 7 } } });
    assert.deepEqual(notes.sent['notes']?.[0], { r0: [named('1')] });
    assert.deepEqual(notes.sent['notes']?.[1], { r0: [{ ...named('1'), next: { next: { note: 'n' } } }] });
  });

  test(`${name}: what comes from above later is merged with what an entity has brought before`, async () => {
    const { data, errors } = await runWritten(executorOf, {
      sdls: chain,
      query: '{ top { next { next { id next { id } } } } }',
      plan: [
        rootFetch('nodes', '{ top { __typename id next { __typename id } } }'),
        entityFetch('nodes', [['top.next'], 'Item { id }', '... on Item { next { id } }']),
        entityFetch('nodes', [['top'], 'Item { id }', '... on Item { next { next { next { id } } } }']),
      ],
      answers: {
        nodes: [
          { top: { ...named('1'), next: named('2') } },
          { e0: [{ next: { id: '3' } }] },
          { e0: [{ next: { next: { next: { id: '4' } } } }] },
        ],
      },
    });
    const expected = { top: { next: { next: { id: '3', next: { id: '4' } } } } };
    assert.deepEqual({ data, errors }, { data: expected, errors: [] });
  });

  test(`${name}: what one request brings above and below is merged from above, also past a type`, async () => {
    const { data, errors } = await runWritten(executorOf, {
      sdls: {
        shop: 'type Query { first: Named } interface Named { all: [Item] } type Box implements Named @key(fields: "id") { id: ID! all: [Item] @shareable } type Item @key(fields: "id") { id: ID! }',
        stock:
          'type Box @key(fields: "id") { id: ID! all: [Item] @shareable } type Item @key(fields: "id") { id: ID! next: Item @shareable count: Int size: Int }',
      },
      query: '{ first { ... on Box { all { next { count } } } all { next { size } } } }',
      plan: [
        rootFetch('shop', '{ first { __typename ... on Box { id } all { __typename id } } }'),
        entityFetch(
          'stock',
          [['first.all[]'], 'Item { id }', '... on Item { next { size } }'],
          [['first(Box)'], 'Box { id }', '... on Box { all { next { count } } }'],
        ),
      ],
      answers: {
        shop: [{ first: { __typename: 'Box', id: 'b', all: [named('1')] } }],
        stock: [{ e0: [{ next: { size: 2 } }], e1: [{ all: [{ next: { count: 1 } }] }] }],
      },
    });
    const expected = { first: { all: [{ next: { count: 1, size: 2 } }] } };
    assert.deepEqual({ data, errors }, { data: expected, errors: [] });
  });

  test(`${name}: an entity is asked for by the key that it has, without the one that it has not`, async () => {
    const { data, sent } = await runWritten(executorOf, {
      sdls: keyed,
      query: '{ items { count } }',
      plan: [
        rootFetch('shop', '{ items { __typename id code region } }'),
        entityFetch('stock', [['items[]'], 'Item { id code region }', '... on Item { count }']),
      ],
      answers: {
        shop: [
          {
            items: [
              { __typename: 'Item', id: '1', code: null, region: 1 },
              { __typename: 'Item', code: 'b', region: 2 },
              { __typename: 'Item', code: 'c', region: null },
              { __typename: 'Item', id: '4', code: 'd', region: 4 },
            ],
          },
        ],
        stock: [{ e0: [{ count: 1 }, { count: 2 }, { count: 4 }] }],
      },
    });
    assert.deepEqual(sent['stock'], [
      {
        r0: [
          { __typename: 'Item', id: '1', region: 1 },
          { __typename: 'Item', code: 'b', region: 2 },
          { __typename: 'Item', id: '4', code: 'd', region: 4 },
        ],
      },
    ]);
    assert.deepEqual(data, { items: [{ count: 1 }, { count: 2 }, { count: null }, { count: 4 }] });
  });

  test(`${name}: a field of another key must have come where the field asked for requires it`, async () => {
    const { sent } = await runWritten(executorOf, {
      sdls: keyed,
      query: '{ items { label } }',
      plan: [
        rootFetch('shop', '{ items { __typename id code region } }'),
        entityFetch('stock', [['items[]'], 'Item { id code region }', '... on Item { label }']),
      ],
      answers: {
        shop: [
          {
            items: [
              { __typename: 'Item', id: '1', region: 1 },
              { __typename: 'Item', id: '2', code: null },
              { __typename: 'Item', code: null, region: 3 },
            ],
          },
        ],
        stock: [{ e0: [{ label: 2 }] }],
      },
    });
    assert.deepEqual(sent['stock'], [{ r0: [{ __typename: 'Item', id: '2', code: null }] }]);
  });

  test(`${name}: a required object is sent as the subgraph declares it, or the entity is not asked for`, async () => {
    const { data, sent } = await runWritten(executorOf, {
      sdls: keyed,
      query: '{ items { shelf } }',
      plan: [
        rootFetch('shop', '{ items { __typename id part { name } } }'),
        entityFetch('stock', [['items[]'], 'Item { id part { name } }', '... on Item { shelf }']),
      ],
      answers: {
        shop: [
          {
            items: [
              { ...named('1'), part: 'no object' },
              { ...named('2'), part: { name: null } },
              { ...named('3'), part: {} },
              { ...named('4'), part: null },
              { ...named('5'), part: { name: 'wheel' } },
            ],
          },
        ],
        stock: [{ e0: [{ shelf: 4 }, { shelf: 5 }] }],
      },
    });
    assert.deepEqual(sent['stock'], [
      {
        r0: [
          { ...named('4'), part: null },
          { ...named('5'), part: { name: 'wheel' } },
        ],
      },
    ]);
    const shelves = [null, null, null, 4, 5].map((shelf) => ({ shelf }));
    assert.deepEqual(data, { items: shelves });
  });

  test(`${name}: a value wins over the null that a failed fetch has left in its place, whichever came first`, async () => {
    const lost = { message: 'lost', path: ['e0', 0, 'size'], extensions: { code: 'LOST' } };
    const { data, errors } = await runWritten(executorOf, {
      sdls: keyed,
      query: '{ items { size part { name maker { name } } } }',
      plan: [
        rootFetch('shop', '{ items { __typename id size part { name } } }'),
        entityFetch('stock', [['items[]'], 'Item { id }', '... on Item { size }']),
        entityFetch('shop', [['items[]'], 'Item { id }', '... on Item { part { maker { name } } }']),
      ],
      answers: {
        shop: [
          {
            items: [
              { ...named('1'), size: 1, part: { name: 'a' } },
              { ...named('2'), size: null, part: null },
            ],
          },
          { e0: [{ part: null }, { part: { name: 'b', maker: { name: 'm' } } }] },
        ],
        stock: [{ data: { e0: [{ size: null }, { size: 2 }] }, errors: [lost] }],
      },
    });
    assert.deepEqual(data, {
      items: [
        { size: 1, part: { name: 'a', maker: null } },
        { size: 2, part: { name: 'b', maker: { name: 'm' } } },
      ],
    });
    assert.deepEqual(errors, [{ ...lost, path: ['items', 0, 'size'] }]);
  });

  test(`${name}: names that every object inherits hide nothing of what another fetch brings`, async () => {
    const { data, errors, sent } = await runWritten(executorOf, {
      sdls: {
        shop: 'type Query { items: [Item] } type Item @key(fields: "id") { id: ID! valueOf: [Item!] @shareable }',
        stock:
          'type Item @key(fields: "id") { id: ID! valueOf: [Item!] @shareable constructor: Int toString: Int }',
      },
      query: '{ items { valueOf { constructor toString } } }',
      plan: [
        rootFetch('shop', '{ items { __typename id valueOf { __typename id } } }'),
        entityFetch('stock', [['items[]'], 'Item { id }', '... on Item { valueOf { __typename id } }']),
        entityFetch('stock', [['items[].valueOf[]'], 'Item { id }', '... on Item { constructor toString }']),
      ],
      answers: {
        shop: [{ items: [named('1')] }],
        stock: [{ e0: [{ valueOf: [named('2')] }] }, { e0: [{ constructor: 5 }] }],
      },
    });
    assert.deepEqual(sent['stock']?.[1], { r0: [named('2')] });
    assert.equal(JSON.stringify(data), '{"items":[{"valueOf":[{"constructor":5,"toString":null}]}]}');
    assert.deepEqual(errors, []);
  });

  test(`${name}: a fetch that fails as a whole is reported once at each entity it was to bring`, async () => {
    const down = { message: 'down', extensions: { code: 'SERVICE_UNAVAILABLE' } };
    const failed = { data: null, errors: [down] };
    const { data, errors } = await runWritten(executorOf, {
      sdls: keyed,
      query: '{ items { count size } first { count } }',
      plan: [
        rootFetch('shop', '{ items { __typename id } first { __typename id } }'),
        // Two lookups of one fetch at the same place, and the same subgraph once more.
        entityFetch(
          'stock',
          [['items[]', 'first'], 'Item { id }', '... on Item { count }'],
          [['items[]'], 'Item { id }', '... on Item { size }'],
        ),
        entityFetch('stock', [['items[]'], 'Item { id }', '... on Item { size }']),
      ],
      answers: {
        shop: [{ items: [named('1'), named('2'), named('1')], first: named('2') }],
        stock: [failed, failed],
      },
    });
    const nothing = { count: null, size: null };
    assert.deepEqual(data, { items: [nothing, nothing, nothing], first: { count: null } });
    const paths = [['items', 0], ['items', 1], ['items', 2], ['first']];
    assert.deepEqual(
      errors.map(({ path }) => JSON.stringify(path)).toSorted(),
      paths.map((path) => JSON.stringify(path)).toSorted(),
    );
  });

  test(`${name}: a lost list shows its error at a hundred places and explains the nulls of all`, async () => {
    const down = { message: 'down', extensions: { code: 'SERVICE_UNAVAILABLE' } };
    const items = Array.from({ length: 150 }, (_, index) => named(String(index)));
    const { data, errors } = await runWritten(executorOf, {
      sdls: {
        shop: 'type Query { items: [Item] } type Item @key(fields: "id") { id: ID! }',
        stock: 'type Item @key(fields: "id") { id: ID! count: Int! }',
      },
      query: '{ items { count } }',
      plan: [
        rootFetch('shop', '{ items { __typename id } }'),
        entityFetch('stock', [['items[]'], 'Item { id }', '... on Item { count }']),
      ],
      answers: { shop: [{ items }], stock: [{ data: null, errors: [down] }] },
    });
    assert.deepEqual(data, { items: items.map(() => null) });
    const expected = items.slice(0, 100).map((_, index) => ({ ...down, path: ['items', index] }));
    assert.deepEqual(errors, expected);
  });

  test(`${name}: the path of an error has the keys of the response, whatever they were called on the way`, async () => {
    const renames = [{ path: [{ kind: 'key', name: 'alias' }], to: 'first' } as const];
    const error = { message: 'no', path: ['alias', 'size'], extensions: { code: 'NO' } };
    const { errors } = await runWritten(executorOf, {
      sdls: keyed,
      query: '{ first { size } }',
      plan: [rootFetch('shop', '{ alias: first { size } }', renames)],
      answers: { shop: [{ data: { alias: { size: null } }, errors: [error] }] },
    });
    assert.deepEqual(errors, [{ ...error, path: ['first', 'size'] }]);
  });

  test(`${name}: one entity shown at four places keeps each call's own value, whoever brings parts of it`, async () => {
    const paths = (first: string, second: string) => [`${first}.child`, `${second}.child`];
    const details = (subgraph: string, key: string, x: number, at: readonly string[]) =>
      entityFetch(subgraph, [at, 'C { id }', `... on C { details(x: ${x}) { ${key} } }`]);
    const c = { __typename: 'C', id: 'c' };
    const p = { __typename: 'P', id: 'p' };
    const { data, errors } = await runWritten(executorOf, {
      sdls: {
        root: 'type Query { a: P b: P c: P d: P } type P @key(fields: "id") { id: ID! }',
        children: 'type P @key(fields: "id") { id: ID! child: C } type C @key(fields: "id") { id: ID! }',
        left: 'type C @key(fields: "id") { id: ID! details(x: Int): D @shareable } type D { p: Int }',
        right: 'type C @key(fields: "id") { id: ID! details(x: Int): D @shareable } type D { q: Int }',
      },
      query: `{ a { child { details(x: 1) { p q } } } c { child { details(x: 1) { p q } } }
        b { child { details(x: 2) { p q } } } d { child { details(x: 2) { p q } } } }`,
      plan: [
        rootFetch(
          'root',
          '{ a { __typename id } b { __typename id } c { __typename id } d { __typename id } }',
        ),
        entityFetch('children', [['a', 'b', 'c', 'd'], 'P { id }', '... on P { child { __typename id } }']),
        details('left', 'p', 1, paths('a', 'c')),
        details('right', 'q', 1, paths('a', 'c')),
        details('left', 'p', 2, paths('b', 'd')),
        details('right', 'q', 2, paths('b', 'd')),
      ],
      answers: {
        root: [{ a: p, b: p, c: p, d: p }],
        children: [{ e0: [{ child: c }] }],
        left: [{ e0: [{ details: { p: 1 } }] }, { e0: [{ details: { p: 2 } }] }],
        right: [{ e0: [{ details: { q: 1 } }] }, { e0: [{ details: { q: 2 } }] }],
      },
    });
    assert.deepEqual(errors, []);
    const shown = (x: number) => ({ child: { details: { p: x, q: x } } });
    assert.deepEqual(data, { a: shown(1), b: shown(2), c: shown(1), d: shown(2) });
  });
}
