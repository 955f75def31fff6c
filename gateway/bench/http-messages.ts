// Cuts a stream of bytes into HTTP/1.1 messages, requests or answers: only what the bench's own cheap ends need, which
// is bodies of a known length and chunked ones.

export interface HttpMessage {
  /** First line and headers. */
  readonly head: string;
  readonly body: Buffer;
}

const blankLine = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');
const contentLength = /\r\ncontent-length: *(\d+)/i;
const isChunked = /\r\ntransfer-encoding: *chunked/i;

export class HttpMessages {
  readonly #onMessage: (message: HttpMessage) => void;
  #pieces: Buffer[] = [];
  #length = 0;
  /** Bytes before which there is nothing to do. */
  #needed = 0;

  constructor(onMessage: (message: HttpMessage) => void) {
    this.#onMessage = onMessage;
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length < this.#needed) return;
    const bytes = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces, this.#length);
    let start = 0;
    while (start < bytes.length) {
      const end = this.#readOne(bytes, start);
      if (end === undefined) break;
      start = end;
    }
    const rest = bytes.subarray(start);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    if (rest.length === 0) this.#needed = 0;
  }

  /** Where the message that begins at `start` ends; undefined when it is not all there. */
  #readOne(bytes: Buffer, start: number): number | undefined {
    this.#needed = 0;
    const headEnd = bytes.indexOf(blankLine, start);
    if (headEnd === -1) return undefined;
    const head = bytes.toString('latin1', start, headEnd);
    const bodyStart = headEnd + blankLine.length;
    if (isChunked.test(head)) return this.#readChunks(bytes, head, bodyStart);
    const length = Number(contentLength.exec(head)?.[1] ?? 0);
    const end = bodyStart + length;
    if (bytes.length < end) {
      this.#needed = end - start;
      return undefined;
    }
    this.#onMessage({ head, body: bytes.subarray(bodyStart, end) });
    return end;
  }

  #readChunks(bytes: Buffer, head: string, bodyStart: number): number | undefined {
    const chunks: Buffer[] = [];
    let at = bodyStart;
    for (;;) {
      const sizeEnd = bytes.indexOf(lineEnd, at);
      if (sizeEnd === -1) return undefined;
      const size = Number.parseInt(bytes.toString('latin1', at, sizeEnd), 16);
      if (Number.isNaN(size)) throw new Error('a chunk of no size');
      const chunkStart = sizeEnd + lineEnd.length;
      const chunkEnd = chunkStart + size;
      if (bytes.length < chunkEnd + lineEnd.length) return undefined;
      at = chunkEnd + lineEnd.length;
      if (size === 0) break;
      chunks.push(bytes.subarray(chunkStart, chunkEnd));
    }
    this.#onMessage({ head, body: Buffer.concat(chunks) });
    return at;
  }
}
