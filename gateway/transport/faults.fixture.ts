// What a subgraph can do wrong on the wire, each with the code that comes of it. For faults.int.test.ts and the soak.
import { gzipSync } from 'node:zlib';
import { httpAnswer, type RawRequest } from './raw-subgraph.fixture.ts';

export interface Fault {
  readonly name: string;
  readonly write: (request: RawRequest) => void;
  readonly code: 'SERVICE_UNAVAILABLE' | 'DEADLINE_EXCEEDED';
}

const hundredMegabytes = 100 * 1024 * 1024;
const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

function unavailable(name: string, write: (request: RawRequest) => void): Fault {
  return { name, write, code: 'SERVICE_UNAVAILABLE' };
}

function late(name: string, write: (request: RawRequest) => void): Fault {
  return { name, write, code: 'DEADLINE_EXCEEDED' };
}

/** Without pause until the other side has had enough. */
function flood({ socket }: RawRequest, start: string): void {
  const piece = Buffer.alloc(256 * 1024, 'x');
  let sent = 0;
  const write = (): void => {
    while (sent < hundredMegabytes && !socket.destroyed) {
      sent += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', write);
  socket.write(start);
  write();
}

export const faults: readonly Fault[] = [
  late('never answers', () => {}),
  late('answers half and stops', ({ socket }) => socket.write(`${head}content-length: 100\r\n\r\n{"da`)),
  late('stops in the head', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-')),
  late('announces more than it sends', ({ socket }) =>
    socket.write(`${head}content-length: 17\r\n\r\n{"data":{"a":1}}`),
  ),
  unavailable('announces less than it sends', ({ socket }) =>
    socket.write(`${head}content-length: 15\r\n\r\n{"data":{"a":1}}`),
  ),
  unavailable('closes before the head', ({ socket }) => socket.end()),
  unavailable('closes in the head', ({ socket }) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')),
  unavailable('closes in the body', ({ socket }) => socket.end(`${head}content-length: 100\r\n\r\n{"data":`)),
  unavailable('closes in a chunk', ({ socket }) =>
    socket.end(`${head}transfer-encoding: chunked\r\n\r\n10\r\n{"data":`),
  ),
  unavailable('resets', ({ socket }) => socket.resetAndDestroy()),
  unavailable('resets in the body', ({ socket }) =>
    socket.write(`${head}content-length: 100\r\n\r\n{"data":`, () => socket.resetAndDestroy()),
  ),
  unavailable('writes garbage', ({ socket }) => socket.write(Buffer.from([0, 255, 13, 10, 13, 10, 1, 2, 3]))),
  unavailable('answers HTML', ({ socket }) =>
    socket.write(httpAnswer('<html>Bad Gateway</html>', '', '502 Bad Gateway')),
  ),
  unavailable('answers HTML with 200', ({ socket }) => socket.write(httpAnswer('<html></html>'))),
  unavailable('answers half a JSON', ({ socket }) => socket.write(httpAnswer('{"data":{"a":'))),
  unavailable('answers nothing', ({ socket }) => socket.write('HTTP/1.1 204 No Content\r\n\r\n')),
  unavailable('answers no data and no errors', ({ socket }) => socket.write(httpAnswer('{"data":null}'))),
  unavailable('redirects', ({ socket }) =>
    socket.write(
      httpAnswer('{"data":{"a":1}}', 'location: http://127.0.0.1:1/\r\n', '307 Temporary Redirect'),
    ),
  ),
  unavailable('announces 100 MB', (request) =>
    flood(request, `${head}content-length: ${hundredMegabytes}\r\n\r\n`),
  ),
  unavailable('sends 100 MB unannounced', (request) => flood(request, `${head}\r\n`)),
  unavailable('sends a head without end', (request) => flood(request, `${head}x: `)),
  unavailable('sends what unpacks to 100 MB', ({ socket }) => socket.write(bomb)),
  unavailable('says gzip and sends none', ({ socket }) =>
    socket.write(httpAnswer('{"data":{"a":1}}', 'content-encoding: gzip\r\n')),
  ),
  unavailable('speaks two framings at once', ({ socket }) =>
    socket.write(`${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
  ),
];

const bomb = httpAnswer(gzipSync(Buffer.alloc(hundredMegabytes)), 'content-encoding: gzip\r\n');
