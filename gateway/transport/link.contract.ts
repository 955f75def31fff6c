// What every link must do, whoever implements it; run by link.int.test.ts over real sockets.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Deadlines } from './deadlines.ts';
import { HeaderLinesMemory } from './header-lines.ts';
import { defaultLimits } from './limits.ts';
import type { Exchange, Link, LinkFault, LinkTarget } from './link.ts';
import {
  contextOf,
  httpAnswer,
  refusedUrl,
  startRawSubgraph,
  type RawRequest,
} from './raw-subgraph.fixture.ts';

type Ending = { readonly status: number; readonly text: string; readonly bytes: number } | LinkFault;

interface Asked {
  readonly exchange: Exchange;
  readonly ended: Promise<Ending>;
  callbacks: number;
}

interface OpenLink extends AsyncDisposable {
  readonly link: Link;
  ask(body?: string, more?: Partial<Exchange>): Asked;
}

export interface LinkContract {
  readonly name: string;
  readonly make: (target: LinkTarget, deadlines: Deadlines) => Link;
  readonly skip: readonly { readonly reason: string; readonly tests: readonly string[] }[];
}

function opener(make: LinkContract['make']) {
  return (url: string, target: Partial<LinkTarget> = {}): OpenLink => {
    const deadlines = new Deadlines();
    const link = make(
      {
        ...defaultLimits,
        url: new URL(url),
        deadlineHeader: 'x-deadline-ms',
        http2: false,
        tls: undefined,
        ...target,
      },
      deadlines,
    );
    const lines = new HeaderLinesMemory(undefined).linesOf(
      contextOf({ headers: [['authorization', 'Bearer x']] }),
    );
    if ('refused' in lines) throw new Error('unexpected');
    return {
      link,
      ask(body = '{"query":"{a}"}', more = {}) {
        const { promise, resolve } = Promise.withResolvers<Ending>();
        const asked = { callbacks: 0, ended: promise };
        const end = (ending: Ending): void => {
          asked.callbacks += 1;
          resolve(ending);
        };
        const exchange: Exchange = {
          body,
          lines,
          deadlineAt: performance.now() + 5000,
          isMutation: false,
          wantsFreshConnection: false,
          carrier: undefined,
          onAnswer: (status, text, bytes) => end({ status, text, bytes }),
          onFault: end,
          ...more,
        };
        link.send(exchange);
        return Object.assign(asked, { exchange });
      },
      async [Symbol.asyncDispose]() {
        link.close();
        deadlines.close();
      },
    };
  };
}

const ok = httpAnswer('{"data":{"a":1}}');
const answered = { status: 200, text: '{"data":{"a":1}}', bytes: 16 };

export function linkContract({ name, make, skip }: LinkContract): void {
  const open = opener(make);
  const test = (title: string, run: () => Promise<void>): void => {
    const skipped = skip.find(({ tests }) => tests.includes(title));
    it(title, { skip: skipped?.reason ?? false, timeout: 10_000 }, run);
  };

  /** Asks once, and the subgraph writes this. */
  const endingOf = async (
    write: (request: RawRequest) => void,
    target: Partial<LinkTarget> = {},
  ): Promise<Ending> => {
    await using subgraph = await startRawSubgraph(write);
    await using opened = open(subgraph.url, target);
    return await opened.ask().ended; // before the subgraph is gone
  };

  const kindOf = (ending: Ending): string => ('kind' in ending ? ending.kind : 'answered');

  describe(`link by ${name}: a request`, () => {
    test('is a POST with its headers, its deadline and its exact bytes', async () => {
      await using subgraph = await startRawSubgraph(({ socket }) => socket.write(ok));
      await using opened = open(subgraph.url);
      for (const body of ['{"query":"{a}"}', '{"query":"{ä}","variables":{"x":"日本 😀"}}']) {
        await opened.ask(body).ended;
        const request = subgraph.requests.at(-1);
        assert.equal(request?.body, body);
        assert.match(request.head, /^POST \/graphql HTTP\/1\.1\r\n/);
        for (const line of [
          `host: 127.0.0.1:${subgraph.port}`,
          'content-type: application/json',
          'accept: application/graphql-response+json, application/json;q=0.9',
          'authorization: Bearer x',
          `content-length: ${Buffer.byteLength(body)}`,
        ]) {
          assert.ok(request.head.toLowerCase().includes(line.toLowerCase()), line);
        }
        const remainingMs = Number(/x-deadline-ms: (\d+)/.exec(request.head)?.[1]);
        assert.ok(remainingMs > 0 && remainingMs <= 5000);
        assert.doesNotMatch(request.head, /accept-encoding/i);
      }
    });

    test('goes over a connection that was used before', async () => {
      await using subgraph = await startRawSubgraph(({ socket }) => socket.write(ok));
      await using opened = open(subgraph.url);
      for (let index = 0; index < 10; index++) assert.deepEqual(await opened.ask().ended, answered);
      // undici calls back before it takes its connection for free, so that it makes a second one.
      assert.ok(subgraph.connections() <= 2);
    });

    test('waits when all connections are in use, and is sent when one is free', async () => {
      await using subgraph = await startRawSubgraph(({ socket, body }) =>
        socket.write(httpAnswer(JSON.stringify({ data: { body } }))),
      );
      await using opened = open(subgraph.url, { maxConnections: 2 });
      const bodies = Array.from({ length: 20 }, (_, index) => `request ${index}`);
      const texts = await Promise.all(
        bodies.map(async (body) => {
          const ending = await opened.ask(body).ended;
          return 'text' in ending ? JSON.parse(ending.text).data.body : ending;
        }),
      );
      assert.deepEqual(texts, bodies);
      assert.ok(subgraph.connections() <= 2);
    });

    test('is refused unsent when too many wait', async () => {
      await using subgraph = await startRawSubgraph(() => {});
      await using opened = open(subgraph.url, { maxConnections: 1, maxQueued: 1 });
      opened.ask();
      await subgraph.received(1);
      opened.ask();
      const ending = await opened.ask().ended;
      assert.equal(kindOf(ending), 'queue-full');
      assert.equal('wasSent' in ending && ending.wasSent, false);
    });

    test('is refused unsent where nobody listens', async () => {
      await using opened = open(await refusedUrl());
      const ending = await opened.ask().ended;
      assert.equal(kindOf(ending), 'refused');
      assert.equal('wasSent' in ending && ending.wasSent, false);
    });

    test('that is abandoned ends its connection and calls nobody back', async () => {
      await using subgraph = await startRawSubgraph(() => {});
      await using opened = open(subgraph.url);
      const asked = opened.ask();
      await subgraph.received(1);
      asked.exchange.carrier?.abandon(asked.exchange);
      await subgraph.connected(0);
      assert.equal(asked.callbacks, 0);
      assert.equal(asked.exchange.carrier, undefined);
    });

    test('that is abandoned while it waits is never sent', async () => {
      await using subgraph = await startRawSubgraph(({ socket, body }) => {
        if (body !== 'first') socket.write(ok);
      });
      await using opened = open(subgraph.url, { maxConnections: 1 });
      const first = opened.ask('first');
      await subgraph.received(1);
      const second = opened.ask('second');
      second.exchange.carrier?.abandon(second.exchange);
      const third = opened.ask('third');
      first.exchange.carrier?.abandon(first.exchange);
      assert.deepEqual(await third.ended, answered);
      assert.deepEqual(
        subgraph.requests.map(({ body }) => body),
        ['first', 'third'],
      );
      assert.equal(second.callbacks, 0);
    });
  });

  describe(`link by ${name}: an answer`, () => {
    test('may be chunked, with extensions and trailers', async () => {
      const ending = await endingOf(({ socket }) =>
        socket.write(
          'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6;x=y\r\n{"data\r\nA\r\n":{"a":1}}\r\n0\r\nx-t: 1\r\n\r\n',
        ),
      );
      assert.deepEqual(ending, answered);
    });

    test('may end with the connection', async () => {
      const ending = await endingOf(({ socket }) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"data":{"a":1}}'));
      assert.deepEqual(ending, answered);
    });

    test('may follow informational heads', async () => {
      const ending = await endingOf(({ socket }) =>
        socket.write(Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n'), ok])),
      );
      assert.deepEqual(ending, answered);
    });

    test('may be large and come in many pieces', async () => {
      const body = JSON.stringify({ data: { text: 'ü€😀'.repeat(100_000) } });
      const ending = await endingOf(({ socket }) => {
        const bytes = httpAnswer(body);
        for (let at = 0; at < bytes.length; at += 60_001) socket.write(bytes.subarray(at, at + 60_001));
      });
      assert.equal('text' in ending && ending.text === body, true);
    });

    test('may be one of several large ones that come at once', async () => {
      const bodies = ['ä', 'ö', 'ü'].map((letter) => JSON.stringify({ data: letter.repeat(1_000_000) }));
      const endings = await Promise.all(
        bodies.map((body) => endingOf(({ socket }) => socket.write(httpAnswer(body)))),
      );
      for (const [index, ending] of endings.entries())
        assert.equal('text' in ending && ending.text === bodies[index], true);
    });

    test('may be compressed, though nobody asked for that', async () => {
      const body = '{"data":{"a":1}}';
      const gzipped = httpAnswer(gzipSync(body), 'content-encoding: gzip\r\n');
      const brotli = httpAnswer(brotliCompressSync(body), 'content-encoding: br\r\n');
      for (const bytes of [gzipped, brotli]) {
        const ending = await endingOf(({ socket }) => socket.write(bytes));
        assert.equal('text' in ending && ending.text, body);
      }
    });

    test('that is larger than the limit is cut, whatever frames it', async () => {
      const big = 'x'.repeat(2000);
      const gzipped = httpAnswer(gzipSync(Buffer.alloc(1_000_000)), 'content-encoding: gzip\r\n');
      const answers = [
        httpAnswer(big),
        Buffer.from(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n${big}\r\n0\r\n\r\n`),
        Buffer.from(`HTTP/1.1 200 OK\r\n\r\n${big}`),
        gzipped,
      ];
      assert.ok(gzipped.length < 1500);
      for (const bytes of answers) {
        const ending = await endingOf(({ socket }) => socket.write(bytes), { maxAnswerBytes: 1500 });
        assert.equal(kindOf(ending), 'too-large');
      }
    });

    test('that is lost is told so, wherever it ends', async () => {
      for (const bytes of ['', 'HTTP/1.1 20', 'HTTP/1.1 200 OK\r\ncontent-le', ok.subarray(0, -3)]) {
        const ending = await endingOf(({ socket }) => socket.end(bytes));
        assert.equal(kindOf(ending), 'lost', String(bytes));
        assert.equal('wasSent' in ending && ending.wasSent, true);
        const reset = await endingOf(({ socket }) => socket.write(bytes, () => socket.resetAndDestroy()));
        assert.equal(kindOf(reset), 'lost', String(bytes));
      }
    });

    test('that is no HTTP is malformed', async () => {
      for (const bytes of ['garbage\r\n\r\n', '\u0000\u0001\u0002\u0003', 'HTTP/1.1 999999 OK\r\n\r\n']) {
        const ending = await endingOf(({ socket }) => socket.end(bytes));
        assert.notEqual(kindOf(ending), 'answered', bytes);
      }
    });

    test('with bytes past its end leaves none of them to the next request', async () => {
      await using subgraph = await startRawSubgraph(({ socket, connection, index }) => {
        if (connection === 0 && index === 0)
          socket.write(Buffer.concat([ok, httpAnswer('{"data":{"a":"not yours"}}')]));
        else socket.write(httpAnswer('{"data":{"a":2}}'));
      });
      await using opened = open(subgraph.url);
      const first = await opened.ask().ended;
      // Either is safe: the answer, or a fault. Never the wrong one.
      if ('text' in first) assert.equal(first.text, '{"data":{"a":1}}');
      for (let index = 0; index < 3; index++) {
        const ending = await opened.ask().ended;
        if ('text' in ending) assert.equal(ending.text, '{"data":{"a":2}}');
      }
    });

    test('with `connection: close` is the last on its connection', async () => {
      await using subgraph = await startRawSubgraph(({ socket }) =>
        socket.end(httpAnswer('{"data":{"a":1}}', 'connection: close\r\n')),
      );
      await using opened = open(subgraph.url);
      for (let index = 0; index < 3; index++) assert.deepEqual(await opened.ask().ended, answered);
      assert.equal(subgraph.connections(), 3);
    });
  });

  describe(`link by ${name}: its end`, () => {
    test('by retiring lets finish what was sent and refuses the rest unsent', async () => {
      const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>();
      await using subgraph = await startRawSubgraph(({ socket }) => mayAnswer.then(() => socket.write(ok)));
      await using opened = open(subgraph.url, { maxConnections: 1 });
      const sent = opened.ask();
      await subgraph.received(1);
      const waiting = opened.ask();
      opened.link.retire();
      assert.equal(kindOf(await waiting.ended), 'closed');
      assert.equal(kindOf(await opened.ask().ended), 'closed');
      letAnswer();
      assert.deepEqual(await sent.ended, answered);
      await subgraph.connected(0);
    });

    test('by closing gives everybody a fault and leaves no socket', async () => {
      await using subgraph = await startRawSubgraph(() => {});
      await using opened = open(subgraph.url, { maxConnections: 1 });
      const sent = opened.ask();
      await subgraph.received(1);
      const waiting = opened.ask();
      opened.link.close();
      assert.equal(kindOf(await sent.ended), 'lost');
      const unsent = await waiting.ended;
      assert.equal('wasSent' in unsent && unsent.wasSent, false);
      await subgraph.connected(0);
    });
  });
}
