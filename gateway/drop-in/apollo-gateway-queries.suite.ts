// Part of the drop-in's suite: what clients ask and get.
import assert from 'node:assert/strict';
import { openHttp, openServer, type Check, type GatewayKind } from './apollo-gateway.suite.ts';

export function testQueries(kind: GatewayKind, check: Check): void {
  check('joins what two subgraphs answer, keys in the order of the query', async () => {
    await using server = await openServer(kind);
    const { data, errors } = await server.ask('{ books { stars title reviews } topStars }');
    assert.equal(errors, undefined);
    assert.equal(
      JSON.stringify(data),
      '{"books":[{"stars":1,"title":"Dune","reviews":["1 is good"]},{"stars":2,"title":"Emma","reviews":["2 is good"]}],"topStars":5}',
    );
  });

  check('takes variables and their defaults', async () => {
    await using server = await openServer(kind);
    const query = 'query Book($id: ID! = "2") { book(id: $id) { title } }';
    assert.deepEqual((await server.ask(query, { variables: { id: '1' } })).data, { book: { title: 'Dune' } });
    assert.deepEqual((await server.ask(query)).data, { book: { title: 'Emma' } });
  });

  check('refuses a variable of the wrong type without asking a subgraph', async () => {
    await using server = await openServer(kind);
    const { data, errors } = await server.ask('query Book($id: ID!) { book(id: $id) { title } }', {
      variables: { id: { no: 'id' } },
    });
    assert.equal(data, undefined);
    assert.equal(errors?.length, 1);
    assert.equal(server.subgraphs.asked.length, 0);
  });

  check('follows fragments, named and inline', async () => {
    await using server = await openServer(kind);
    const { data } = await server.ask(`
      query { book(id: "1") { ...Card ... on Book { stars } } }
      fragment Card on Book { title ...Praise }
      fragment Praise on Book { reviews }`);
    assert.deepEqual(data, { book: { title: 'Dune', reviews: ['1 is good'], stars: 1 } });
  });

  check('decides @skip and @include by variables, and asks no subgraph for what is left out', async () => {
    await using server = await openServer(kind);
    const query = `query Q($with: Boolean!) { book(id: "1") { title @skip(if: $with) reviews @include(if: $with) } }`;
    assert.deepEqual((await server.ask(query, { variables: { with: true } })).data, {
      book: { reviews: ['1 is good'] },
    });
    server.subgraphs.asked.length = 0;
    assert.deepEqual((await server.ask(query, { variables: { with: false } })).data, {
      book: { title: 'Dune' },
    });
    assert.deepEqual(
      server.subgraphs.asked.map(({ subgraph }) => subgraph),
      ['shelf'],
    );
  });

  check('keeps aliases apart', async () => {
    await using server = await openServer(kind);
    const { data } = await server.ask(
      '{ one: book(id: "1") { name: title } two: book(id: "2") { name: title s: stars } }',
    );
    assert.deepEqual(data, { one: { name: 'Dune' }, two: { name: 'Emma', s: 2 } });
  });

  check('answers __typename at the root and below', async () => {
    await using server = await openServer(kind);
    const { data } = await server.ask('{ __typename book(id: "1") { __typename kind: __typename } }');
    assert.deepEqual(data, { __typename: 'Query', book: { __typename: 'Book', kind: 'Book' } });
  });

  check('sends the fields of a mutation one after the other', async () => {
    await using server = await openServer(kind);
    const { data, errors } = await server.ask(
      'mutation { a: log(line: "a") lend(id: "1") { title reviews } b: log(line: "b") }',
    );
    assert.equal(errors, undefined);
    assert.deepEqual(data?.['lend'], { title: 'Dune', reviews: ['1 is good'] });
    const [a, b] = [data['a'], data['b']].map((lines) => (Array.isArray(lines) ? lines.length : 0));
    assert.equal(b, (a ?? 0) + 1);
  });

  check('runs the operation that is named', async () => {
    await using server = await openServer(kind);
    const query = 'query A { topStars } query B { whoAmI }';
    assert.deepEqual((await server.ask(query, { operationName: 'B' })).data, { whoAmI: 'nobody' });
  });

  check('answers introspection from the schema that clients see', async () => {
    await using server = await openServer(kind);
    const { data } = await server.ask(
      '{ __schema { queryType { name } } __type(name: "Book") { fields { name } } topStars }',
    );
    assert.ok(data != null);
    const { fields } = data['__type'] as { fields: { name: string }[] };
    assert.deepEqual(fields.map(({ name }) => name).toSorted(), ['id', 'reviews', 'stars', 'title']);
    assert.deepEqual(data['__schema'], { queryType: { name: 'Query' } });
    assert.equal(data['topStars'], 5);
  });

  check('refuses a document that does not fit the schema', async () => {
    await using server = await openServer(kind);
    const { data, errors } = await server.ask('{ film }');
    assert.equal(data, undefined);
    assert.equal(errors?.[0]?.extensions?.['code'], 'GRAPHQL_VALIDATION_FAILED');
  });

  check("passes a subgraph's error on with message, path and code beside the rest of the data", async () => {
    await using server = await openServer(kind);
    const { data, errors } = await server.ask('{ failing topStars }');
    assert.deepEqual(data, { failing: null, topStars: 5 });
    assert.equal(errors?.length, 1);
    assert.equal(errors[0]?.message, 'It failed.');
    assert.deepEqual(errors[0].path, ['failing']);
    assert.equal(errors[0].extensions?.['code'], 'SHELF_BROKEN');
  });

  check('carries a null to the nearest field that may be null', async () => {
    await using server = await openServer(kind);
    const { data, errors } = await server.ask('{ failingHard topStars }');
    assert.equal(data, null);
    assert.equal(errors?.[0]?.extensions?.['code'], 'SHELF_BROKEN');
  });

  check('leaves the rest of the answer where a subgraph is down', async () => {
    await using server = await openServer(kind);
    await server.subgraphs.stop('critics');
    const { data, errors } = await server.ask('{ book(id: "1") { title reviews } }');
    assert.deepEqual(data, { book: { title: 'Dune', reviews: null } });
    assert.ok((errors?.length ?? 0) > 0);
  });

  check(
    'says where in the query a subgraph that is down is missing, and no word about the house',
    async () => {
      await using server = await openServer(kind);
      await server.subgraphs.stop('critics');
      const { errors } = await server.ask('{ book(id: "1") { title reviews } }');
      assert.equal(errors?.[0]?.path?.[0], 'book');
      assert.equal(errors[0].extensions?.['code'], 'SERVICE_UNAVAILABLE');
      assert.doesNotMatch(JSON.stringify(errors), /critics|127\.0\.0\.1|ECONN/);
    },
  );

  check('names no subgraph in an error', async () => {
    await using server = await openServer(kind);
    const { errors } = await server.ask('{ failing }');
    assert.deepEqual(errors?.[0]?.extensions, { code: 'SHELF_BROKEN' });
  });

  check('serves POST over HTTP, with the context of the request down to the subgraph', async () => {
    await using server = await openHttp(kind);
    const answer = await server.post({ query: '{ whoAmI }' }, { 'x-user': 'ada' });
    assert.deepEqual([answer.status, answer.data], [200, { whoAmI: 'ada' }]);
  });

  check('serves GET over HTTP, and no mutation by it', async () => {
    await using server = await openHttp(kind);
    const get = async (query: string) =>
      fetch(`${server.url}?query=${encodeURIComponent(query)}`, {
        headers: { 'apollo-require-preflight': '1' },
      });
    assert.deepEqual(await (await get('{ topStars }')).json(), { data: { topStars: 5 } });
    assert.equal((await get('mutation { log(line: "x") }')).status, 405);
  });

  check('answers what is wrong with the request with status 400', async () => {
    await using server = await openHttp(kind);
    assert.equal((await server.post({ query: '{ film }' })).status, 400);
    assert.equal((await server.post({ query: '{ book(' })).status, 400);
  });
}
