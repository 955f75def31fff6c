// The headers of a client request as they go out to every subgraph, checked and written once for all fetches of it.
// A value with a line break could smuggle a header or a whole request, so such a header is refused.
import type { FetchContext, HeaderPair } from '../subgraph-fetch.ts';
import { fingerprintOf } from './fingerprint.ts';

export interface HeaderLines {
  /** `name: value\r\n` for each. */
  readonly text: string;
  /** The part of the text that makes two requests equal. */
  readonly equalityText: string;
  /** Of that part: where in-flight.ts begins with a body's. */
  readonly fingerprint: number;
  /** Name, value, name, value: what undici takes. */
  pairs(): string[];
}

/** The name of the header that cannot be sent. */
export interface RefusedHeader {
  readonly refused: string;
}

/** What concerns one connection only or is written by the transport itself (RFC 9110, 7.6.1) never goes through. */
const ownHeaders = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5: visible characters, space, tab and obs-text. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Remembers the last ones by their arrays, which nobody changes: fetches of one request come one after another. */
export class HeaderLinesMemory {
  readonly #deadlineHeader: string | undefined;
  #headers: readonly HeaderPair[] | undefined;
  #equalityText: string | RefusedHeader = '';
  #fingerprint = 0;
  #tracingHeaders: readonly HeaderPair[] | undefined;
  #lines: HeaderLines | RefusedHeader | undefined;

  /** The transport's own header, in lower case; the client's of that name is not passed on. */
  constructor(deadlineHeader: string | undefined) {
    this.#deadlineHeader = deadlineHeader;
  }

  linesOf({ headers, tracingHeaders }: FetchContext): HeaderLines | RefusedHeader {
    const isKnown = headers === this.#headers;
    if (isKnown && tracingHeaders === this.#tracingHeaders && this.#lines !== undefined) return this.#lines;
    if (!isKnown) {
      this.#headers = headers;
      this.#equalityText = textOf(headers, this.#deadlineHeader);
      if (typeof this.#equalityText === 'string') this.#fingerprint = fingerprintOf(this.#equalityText, 0);
    }
    this.#tracingHeaders = tracingHeaders;
    this.#lines = this.#make(headers, tracingHeaders);
    return this.#lines;
  }

  #make(headers: readonly HeaderPair[], tracingHeaders: readonly HeaderPair[]): HeaderLines | RefusedHeader {
    const equalityText = this.#equalityText;
    if (typeof equalityText !== 'string') return equalityText;
    const tracingText = textOf(tracingHeaders, this.#deadlineHeader);
    if (typeof tracingText !== 'string') return tracingText;
    const isPassed = ([name]: HeaderPair): boolean => isPassedOn(name, this.#deadlineHeader);
    return {
      text: equalityText + tracingText,
      equalityText,
      fingerprint: this.#fingerprint,
      pairs: () => [...headers, ...tracingHeaders].filter(isPassed).flat(),
    };
  }
}

function textOf(headers: readonly HeaderPair[], deadlineHeader: string | undefined): string | RefusedHeader {
  let text = '';
  for (const [name, value] of headers) {
    if (!token.test(name) || !fieldValue.test(value)) return { refused: name };
    if (isPassedOn(name, deadlineHeader)) text += `${name}: ${value}\r\n`;
  }
  return text;
}

function isPassedOn(name: string, deadlineHeader: string | undefined): boolean {
  const lower = name.toLowerCase();
  return lower !== deadlineHeader && !ownHeaders.has(lower);
}
