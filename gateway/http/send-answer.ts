// An HttpAnswer written to a node:http response: whole texts with their length in one piece, iterables part by part at
// the client's pace.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { partialSuccess } from './choose-status.ts';
import type { HttpAnswer } from './http-message.ts';

/** `closing`: the connection ends with this answer. */
/** A longer text is sent as bytes. */
const mostTextCharacters = 8 * 1024;

export async function sendAnswer(
  response: ServerResponse,
  answer: HttpAnswer,
  closing: boolean,
): Promise<void> {
  const { status, headers, body } = answer;
  if (closing) headers.push('connection', 'close');
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    // Node would put headers and text together into one more text of that size, for the collector to carry around.
    const sent = typeof body === 'string' && body.length > mostTextCharacters ? Buffer.from(body) : body;
    // RFC 9110, 8.6: no length beside 204.
    if (status !== 204) headers.push('content-length', String(Buffer.byteLength(sent)));
    writeHead(response, status, headers);
    response.end(sent);
    return;
  }
  writeHead(response, status, headers);
  // An `await` on a client that is gone would never end.
  const gone = once(response, 'close').catch(() => {});
  for await (const part of body) {
    if (response.destroyed) break;
    if (!response.write(part)) await Promise.race([once(response, 'drain').catch(() => {}), gone]);
  }
  response.end();
}

function writeHead(response: ServerResponse, status: number, headers: string[]): void {
  if (status === partialSuccess) response.writeHead(status, 'Partial Success', headers);
  else response.writeHead(status, headers);
}
