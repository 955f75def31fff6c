// Compressed answers of subgraphs. None is asked for: on a local network it costs more than it saves. Some send it
// all the same, and what it becomes is limited, or 50 kB could become 50 GB.
import { brotliDecompress, gunzip, inflate, type InputType, type ZlibOptions } from 'node:zlib';
import type { Carrier, Exchange } from './link.ts';

/** Of an encoding that we do not know, in the log: real names have a handful, and a peer may send anything. */
const mostToldCharacters = 40;

type Decompress = (
  input: InputType,
  options: ZlibOptions,
  done: (error: Error | null, decoded: Buffer) => void,
) => void;

const decompressors: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', brotliDecompress],
]);

/** The exchange gets its callback when the body is readable; until then it can be abandoned. */
export function decodeBody(
  exchange: Exchange,
  status: number,
  body: Buffer,
  encoding: string,
  maxAnswerBytes: number,
): void {
  const decompress = decompressors.get(encoding);
  if (decompress === undefined) {
    exchange.onFault(fault('malformed', `the content encoding ${encoding.slice(0, mostToldCharacters)}`));
    return;
  }
  // Whoever carries it is asked whether it still does: an abandoned exchange gets no callback.
  const carrier: Carrier = { abandon: () => (exchange.carrier = undefined) };
  exchange.carrier = carrier;
  decompress(body, { maxOutputLength: maxAnswerBytes }, (error, decoded) => {
    if (exchange.carrier !== carrier) return;
    exchange.carrier = undefined;
    if (error === null) exchange.onAnswer(status, decoded.toString('utf8'), body.length);
    else exchange.onFault(fault(isTooLarge(error) ? 'too-large' : 'malformed', error.message));
  });
}

function fault(kind: 'malformed' | 'too-large', detail: string) {
  return { kind, wasSent: true, wasStale: false, detail };
}

function isTooLarge(error: Error & { code?: string }): boolean {
  return error.code === 'ERR_BUFFER_TOO_LARGE';
}
