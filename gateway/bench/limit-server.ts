// Node's limit: what remains of a gateway without its logic. node:http in front, the same subgraph requests wave by wave
// over the leanest client there is here, each answer parsed, the right answer stringified.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Deadlines } from '../transport/deadlines.ts';
import { Http1Link } from '../transport/http1-link.ts';
import { defaultLimits } from '../transport/limits.ts';
import type { HeaderLines } from '../transport/header-lines.ts';
import type { SubgraphPost, Traffic } from './subgraph-traffic.ts';

const [file = ''] = process.argv.slice(2);
const byBody = new Map(
  (JSON.parse(readFileSync(file, 'utf8')) as readonly Traffic[]).map(({ body, waves, answer }) => [
    body,
    { waves, answer: JSON.parse(answer) as unknown },
  ]),
);
const deadlines = new Deadlines();
const links = new Map<string, Http1Link>();

function linkTo(url: string): Http1Link {
  let link = links.get(url);
  if (link === undefined) {
    const target = { ...defaultLimits, url: new URL(url), deadlineHeader: undefined, tls: undefined };
    link = new Http1Link({ ...target, http2: false }, deadlines);
    links.set(url, link);
  }
  return link;
}

/** With the client's authorization, since a gateway sends that on too. */
function post({ url, body }: SubgraphPost, lines: HeaderLines): Promise<unknown> {
  return new Promise((resolve, reject) => {
    linkTo(url).send({
      body,
      lines,
      deadlineAt: Infinity,
      isMutation: false,
      wantsFreshConnection: false,
      carrier: undefined,
      onAnswer: (_status, text) => resolve(JSON.parse(text)),
      onFault: ({ detail }) => reject(new Error(detail)),
    });
  });
}

async function answerTo(body: string, authorization: string): Promise<Buffer> {
  JSON.parse(body);
  const known = byBody.get(body);
  if (known === undefined) throw new Error('this request was not recorded');
  const text = `authorization: ${authorization}\r\n`;
  const lines = { text, equalityText: text, fingerprint: 0, pairs: () => ['authorization', authorization] };
  for (const wave of known.waves) await Promise.all(wave.map((request) => post(request, lines)));
  return Buffer.from(JSON.stringify(known.answer));
}

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => {
    void answerTo(Buffer.concat(chunks).toString('utf8'), request.headers.authorization ?? '').then(
      (bytes) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
        response.end(bytes);
      },
    );
  });
}).listen(0, '127.0.0.1');
