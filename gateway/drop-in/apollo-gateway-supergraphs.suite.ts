// Part of the drop-in's suite: where supergraphs come from.
import assert from 'node:assert/strict';
import { IntrospectAndCompose } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { openServer, silent, type Check, type GatewayKind } from './apollo-gateway.suite.ts';
import { composed, library, type SubgraphServers } from '../subgraph-servers.fixture.ts';

type Hook = Extract<Parameters<GatewayKind['open']>[0]['supergraphSdl'], (...args: never) => unknown>;

/** A hook that hands out its callbacks, and counts how often it was cleaned up. */
function hookOf(first: string) {
  const seen: { given?: Parameters<Hook>[0]; cleanups: number } = { cleanups: 0 };
  const supergraphSdl: Hook = async (given) => {
    seen.given = given;
    return { supergraphSdl: first, cleanup: async () => void (seen.cleanups += 1) };
  };
  return { seen, supergraphSdl };
}

/** The library before `topStars` was added. */
function olderSupergraph({ urls }: SubgraphServers): string {
  const { shelf, critics } = library;
  assert.ok(shelf !== undefined && critics !== undefined);
  return composed({ shelf, critics: { sdl: critics.sdl.replace('type Query { topStars: Int }', '') } }, urls);
}

export function testSupergraphs(kind: GatewayKind, check: Check): void {
  check('takes a supergraph from a function, and a newer one by update()', async () => {
    const announced: string[] = [];
    const next = Promise.withResolvers<void>();
    let hook: ReturnType<typeof hookOf> | undefined;
    await using server = await openServer(kind, {
      options: (subgraphs) => (hook = hookOf(olderSupergraph(subgraphs))),
      opened: (gateway) =>
        gateway.onSchemaLoadOrUpdate(({ coreSupergraphSdl }) => {
          if (announced.push(coreSupergraphSdl) === 2) next.resolve();
        }),
    });
    assert.equal(
      (await server.ask('{ topStars }')).errors?.[0]?.extensions?.['code'],
      'GRAPHQL_VALIDATION_FAILED',
    );
    hook?.seen.given?.update(server.subgraphs.supergraph);
    await next.promise;
    assert.deepEqual(announced, [olderSupergraph(server.subgraphs), server.subgraphs.supergraph]);
    assert.deepEqual((await server.ask('{ topStars }')).data, { topStars: 5 });
  });

  check('keeps the old supergraph when a broken one comes, and takes the next good one', async () => {
    let announced = 0;
    const next = Promise.withResolvers<void>();
    let hook: ReturnType<typeof hookOf> | undefined;
    await using server = await openServer(kind, {
      options: (subgraphs) => (hook = hookOf(olderSupergraph(subgraphs))),
      opened: (gateway) =>
        gateway.onSchemaLoadOrUpdate(() => {
          announced += 1;
          if (announced === 2) next.resolve();
        }),
    });
    try {
      hook?.seen.given?.update('type Query { broken: ');
    } catch {
      // ApolloGateway tells the manager, SimpleBankGateway its logger.
    }
    assert.deepEqual((await server.ask('{ whoAmI }')).data, { whoAmI: 'nobody' });
    hook?.seen.given?.update(server.subgraphs.supergraph);
    await next.promise;
    assert.equal(announced, 2);
    assert.deepEqual((await server.ask('{ topStars }')).data, { topStars: 5 });
  });

  check('takes a manager: IntrospectAndCompose asks the subgraphs for their schemas', async () => {
    await using server = await openServer(kind, {
      options: ({ urls }) => ({
        supergraphSdl: new IntrospectAndCompose({
          subgraphs: Object.entries(urls).map(([name, url]) => ({ name, url })),
        }),
      }),
    });
    assert.deepEqual((await server.ask('{ book(id: "1") { title stars } }')).data, {
      book: { title: 'Dune', stars: 1 },
    });
  });

  check('lets a manager check whether the subgraphs are there', async () => {
    let hook: ReturnType<typeof hookOf> | undefined;
    await using server = await openServer(kind, { options: ({ supergraph }) => (hook = hookOf(supergraph)) });
    const { supergraph } = server.subgraphs;
    await hook?.seen.given?.healthCheck(supergraph);
    await server.subgraphs.stop('critics');
    await assert.rejects(async () => hook?.seen.given?.healthCheck(supergraph), /critics/);
  });

  check('cleans its manager up when the server stops', async () => {
    let hook: ReturnType<typeof hookOf> | undefined;
    const server = await openServer(kind, { options: ({ supergraph }) => (hook = hookOf(supergraph)) });
    assert.equal(hook?.seen.cleanups, 0);
    await server[Symbol.asyncDispose]();
    assert.equal(hook?.seen.cleanups, 1);
  });

  check('does not start on a broken supergraph', async () => {
    const gateway = kind.open({ supergraphSdl: 'type Query { broken: ' });
    const server = new ApolloServer({ gateway, logger: silent, stopOnTerminationSignals: false });
    await assert.rejects(server.start());
  });

  check('tells no listener that has unsubscribed', async () => {
    let hook: ReturnType<typeof hookOf> | undefined;
    const heard: string[] = [];
    const next = Promise.withResolvers<void>();
    await using server = await openServer(kind, {
      options: (subgraphs) => (hook = hookOf(olderSupergraph(subgraphs))),
      opened: (gateway) => {
        const leave = gateway.onSchemaLoadOrUpdate(() => {
          heard.push('first');
          leave();
        });
        gateway.onSchemaLoadOrUpdate(() => {
          if (heard.push('second') === 3) next.resolve();
        });
      },
    });
    hook?.seen.given?.update(server.subgraphs.supergraph);
    await next.promise;
    assert.deepEqual(heard, ['first', 'second', 'second']);
  });
}
