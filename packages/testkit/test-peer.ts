// A server that a test scripts: the other side of a client under test, where that side is an outside party
// that must misbehave (hang, drop the connection, answer nonsense) as no real service can be told to.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as it came, where it is no text. */
  readonly bytes: Buffer;
}

export interface TestPeer extends AsyncDisposable {
  readonly address: string;
  readonly requests: readonly ReceivedRequest[];
  /** Requests whose client went away before they were answered. */
  readonly aborted: readonly ReceivedRequest[];
}

export type PeerAnswer = (request: ReceivedRequest, response: ServerResponse) => void | Promise<void>;

export async function testPeer(answer: PeerAnswer): Promise<TestPeer> {
  const requests: ReceivedRequest[] = [];
  const aborted: ReceivedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { url = '', headers } = incoming;
    const bytes = Buffer.concat(chunks);
    const request = { url, headers, body: bytes.toString(), bytes };
    requests.push(request);
    response.on('close', () => {
      if (!response.writableFinished) aborted.push(request);
    });
    await answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    requests,
    aborted,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
