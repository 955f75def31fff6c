// Reads one HTTP/1.1 response that arrives in any split. Bytes past its end mean that the connection is not used
// again: whose they are cannot be known. Text is decoded once, without a copy when the body came in one piece.
import { GrowingBytes } from './growing-bytes.ts';
import { readResponseHead, type ResponseHead } from './http1-response-head.ts';
import { maxHeadBytes, maxInformationalHeads } from './limits.ts';

export type ParseOutcome = 'more' | 'done' | 'malformed' | 'too-large';

type Stage = 'head' | 'by-length' | 'to-end' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers';

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');
const noBytes = Buffer.alloc(0);
const protocol = 'HTTP/1.';
/** Of a chunk's size with its extensions, in bytes. */
const maxChunkLineBytes = 1024;

export class Http1ResponseParser {
  /** Of the response that is done. */
  head: ResponseHead | undefined;
  /** Whether bytes past its end came. */
  hasSurplus = false;
  /** The body when it has no content encoding … */
  text = '';
  /** … and when it has one. */
  encodedBody: Buffer = noBytes;
  bodyBytes = 0;
  /** Whether a single byte has come. */
  hasStarted = false;
  /** Why it is malformed. */
  problem = '';

  readonly #maxBodyBytes: number;
  #stage: Stage = 'head';
  #remaining = 0;
  #informationalHeads = 0;
  #trailerBytes = 0;
  /** Bytes of an incomplete head or line. */
  #pending: Buffer | undefined;
  /** What came of a body in several pieces. */
  readonly #body = new GrowingBytes();

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** How much of a body that is not all there yet is held. */
  get heldBytes(): number {
    return this.#body.length;
  }

  /** Ready for the next response. */
  reset(): void {
    this.head = undefined;
    this.hasSurplus = false;
    this.text = '';
    this.encodedBody = noBytes;
    this.bodyBytes = 0;
    this.hasStarted = false;
    this.#stage = 'head';
    this.#informationalHeads = 0;
    this.#trailerBytes = 0;
    this.#pending = undefined;
    this.#body.clear();
  }

  /** Nothing more will be asked of it; what it holds is of no use. */
  drop(): void {
    this.#body.clear();
  }

  /** The bytes are not kept: their memory may be used again afterwards. */
  push(received: Buffer): ParseOutcome {
    this.hasStarted = true;
    let bytes = received;
    if (this.#pending !== undefined) {
      bytes = Buffer.concat([this.#pending, received]);
      this.#pending = undefined;
    }
    for (let at: number | ParseOutcome = 0; ;) {
      at = this.#step(bytes, at);
      if (typeof at !== 'number') return at;
    }
  }

  /** The peer ends the connection, which may be the end of the body. */
  end(): ParseOutcome {
    return this.#stage === 'to-end' ? this.#finish() : 'more';
  }

  /** Where to go on, or the outcome. */
  #step(bytes: Buffer, at: number): number | ParseOutcome {
    switch (this.#stage) {
      case 'head':
        return this.#readHead(bytes, at);
      case 'by-length':
        return this.#readByLength(bytes, at);
      case 'to-end':
        return this.#readToEnd(bytes, at);
      case 'chunk-size':
        return this.#readChunkSize(bytes, at);
      case 'chunk-data':
        return this.#readChunkData(bytes, at);
      case 'chunk-end':
        return this.#readChunkEnd(bytes, at);
      case 'trailers':
        return this.#readTrailer(bytes, at);
    }
  }

  #readHead(bytes: Buffer, at: number): number | ParseOutcome {
    const end = bytes.indexOf(headEnd, at);
    if (end === -1) {
      // What does not begin like HTTP never will be: waiting for its end would take until the deadline.
      const start = bytes.toString('latin1', at, at + protocol.length);
      if (!protocol.startsWith(start)) return this.#malformed('no HTTP status line');
      return this.#wait(bytes, at, maxHeadBytes, 'the head is too long');
    }
    if (end - at > maxHeadBytes) return this.#malformed('the head is too long');
    const head = readResponseHead(bytes.toString('latin1', at, end));
    if (typeof head === 'string') return this.#malformed(head);
    if (head.status < 200) {
      this.#informationalHeads += 1;
      if (head.status === 101 || this.#informationalHeads > maxInformationalHeads)
        return this.#malformed(`status ${head.status} was not asked for`);
      return end + headEnd.length;
    }
    this.head = head;
    if (head.isChunked) this.#stage = 'chunk-size';
    else if (head.contentLength === undefined) this.#stage = 'to-end';
    else {
      if (head.contentLength > this.#maxBodyBytes) return 'too-large';
      this.#stage = 'by-length';
      this.#remaining = head.contentLength;
      this.bodyBytes = head.contentLength;
    }
    return end + headEnd.length;
  }

  #readByLength(bytes: Buffer, at: number): ParseOutcome {
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#remaining -= end - at;
    this.hasSurplus = end < bytes.length;
    if (this.#remaining === 0 && this.#body.length === 0 && this.head?.contentEncoding === '') {
      this.text = bytes.toString('utf8', at, end);
      return 'done';
    }
    this.#body.append(bytes, at, end, this.#remaining);
    return this.#remaining === 0 ? this.#finish() : 'more';
  }

  #readToEnd(bytes: Buffer, at: number): ParseOutcome {
    this.bodyBytes += bytes.length - at;
    if (this.bodyBytes > this.#maxBodyBytes) return 'too-large';
    this.#body.append(bytes, at, bytes.length, 0);
    return 'more';
  }

  /** RFC 9112, 7.1. */
  #readChunkSize(bytes: Buffer, at: number): number | ParseOutcome {
    const end = bytes.indexOf(lineEnd, at);
    if (end === -1) return this.#wait(bytes, at, maxChunkLineBytes, 'a chunk size line is too long');
    if (end - at > maxChunkLineBytes) return this.#malformed('a chunk size line is too long');
    const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(bytes.toString('latin1', at, end))?.[1];
    if (size === undefined) return this.#malformed('a chunk size that is no number');
    this.#remaining = Number.parseInt(size, 16);
    this.bodyBytes += this.#remaining;
    if (this.bodyBytes > this.#maxBodyBytes) return 'too-large';
    this.#stage = this.#remaining === 0 ? 'trailers' : 'chunk-data';
    return end + lineEnd.length;
  }

  #readChunkData(bytes: Buffer, at: number): number | ParseOutcome {
    if (at === bytes.length) return 'more';
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#remaining -= end - at;
    this.#body.append(bytes, at, end, 0);
    if (this.#remaining === 0) this.#stage = 'chunk-end';
    return end;
  }

  #readChunkEnd(bytes: Buffer, at: number): number | ParseOutcome {
    const problem = 'a chunk that is longer than its size';
    if (bytes.length - at < lineEnd.length) return this.#wait(bytes, at, lineEnd.length, problem);
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) return this.#malformed(problem);
    this.#stage = 'chunk-size';
    return at + lineEnd.length;
  }

  /** What they say is not needed; RFC 9112, 7.1.2. */
  #readTrailer(bytes: Buffer, at: number): number | ParseOutcome {
    const end = bytes.indexOf(lineEnd, at);
    if (end === -1) return this.#wait(bytes, at, maxHeadBytes, 'the trailers are too long');
    this.#trailerBytes += end - at + lineEnd.length;
    if (this.#trailerBytes > maxHeadBytes) return this.#malformed('the trailers are too long');
    if (end !== at) return end + lineEnd.length;
    this.hasSurplus = end + lineEnd.length < bytes.length;
    return this.#finish();
  }

  /** Keeps what is incomplete; past the limit it will never be complete. */
  #wait(bytes: Buffer, at: number, limit: number, problem: string): ParseOutcome {
    if (bytes.length - at > limit) return this.#malformed(problem);
    if (at < bytes.length) this.#pending = Buffer.from(bytes.subarray(at));
    return 'more';
  }

  #malformed(problem: string): 'malformed' {
    this.problem = problem;
    return 'malformed';
  }

  #finish(): 'done' {
    if (this.head?.contentEncoding === '') this.text = this.#body.text();
    else this.encodedBody = this.#body.bytes();
    return 'done';
  }
}
