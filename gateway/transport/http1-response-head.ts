// Reads the head of an HTTP/1.1 response (RFC 9112, 4 to 6) and decides how its body is framed. Strict: a head that
// could be read in two ways is a problem, since the next response on the connection would begin at a guess.

export interface ResponseHead {
  readonly status: number;
  /** By length when it has one, else chunked, else to the end of the connection. */
  readonly contentLength: number | undefined;
  readonly isChunked: boolean;
  /** Empty when there is none. */
  readonly contentEncoding: string;
  readonly keepsAlive: boolean;
  /** The timeout of the keep-alive header. */
  readonly keepAliveMs: number | undefined;
}

const statusLine = /^HTTP\/1\.[01] [1-5][0-9][0-9](?: |\r|$)/;

/** The text up to the empty line, without it; a string says what is wrong. */
export function readResponseHead(head: string): ResponseHead | string {
  if (!statusLine.test(head)) return 'no HTTP status line';
  const fields = new HeadFields(head.charCodeAt(7) === 0x31);
  for (let at = head.indexOf('\r\n'); at !== -1;) {
    const start = at + 2;
    at = head.indexOf('\r\n', start);
    const problem = fields.add(head, start, at === -1 ? head.length : at);
    if (problem !== undefined) return problem;
  }
  return fields.finish(Number(head.slice(9, 12)));
}

class HeadFields {
  #keepsAlive: boolean;
  #length: number | undefined;
  #isChunked = false;
  #encoding = '';
  #keepAliveMs: number | undefined;

  constructor(keepsAlive: boolean) {
    this.#keepsAlive = keepsAlive;
  }

  add(head: string, start: number, end: number): string | undefined {
    const colon = head.indexOf(':', start);
    // A line that begins with a blank continues the last one (obs-fold); a blank before the colon hides a name.
    if (colon === -1 || colon >= end || colon === start) return 'a header line without a name';
    if (isBlank(head.charCodeAt(start)) || isBlank(head.charCodeAt(colon - 1))) return 'a folded header line';
    switch (colon - start) {
      case 10:
        return this.#addConnection(head.slice(start, colon).toLowerCase(), head.slice(colon + 1, end));
      case 14:
        if (head.slice(start, colon).toLowerCase() !== 'content-length') return undefined;
        return this.#addLength(head.slice(colon + 1, end).trim());
      case 16:
        if (head.slice(start, colon).toLowerCase() !== 'content-encoding') return undefined;
        return this.#addEncoding(
          head
            .slice(colon + 1, end)
            .trim()
            .toLowerCase(),
        );
      case 17:
        if (head.slice(start, colon).toLowerCase() !== 'transfer-encoding') return undefined;
        return this.#addTransferEncoding(
          head
            .slice(colon + 1, end)
            .trim()
            .toLowerCase(),
        );
      default:
        return undefined;
    }
  }

  #addConnection(name: string, value: string): undefined {
    if (name === 'connection') {
      const options = value.toLowerCase();
      if (options.includes('close')) this.#keepsAlive = false;
      else if (options.includes('keep-alive')) this.#keepsAlive = true;
    } else if (name === 'keep-alive') {
      const seconds = /timeout\s*=\s*(\d{1,6})/i.exec(value)?.[1];
      if (seconds !== undefined) this.#keepAliveMs = Number(seconds) * 1000;
    }
  }

  #addLength(value: string): string | undefined {
    if (!/^\d{1,15}$/.test(value)) return 'a content length that is no number';
    const length = Number(value);
    if (this.#length !== undefined && this.#length !== length) return 'two content lengths';
    this.#length = length;
    return undefined;
  }

  #addEncoding(value: string): string | undefined {
    if (this.#encoding !== '') return 'two content encodings';
    if (value !== 'identity') this.#encoding = value;
    return undefined;
  }

  #addTransferEncoding(value: string): string | undefined {
    if (value !== 'chunked' || this.#isChunked) return 'a transfer encoding other than chunked';
    this.#isChunked = true;
    return undefined;
  }

  finish(status: number): ResponseHead | string {
    if (this.#isChunked && this.#length !== undefined) return 'a content length of a chunked body';
    const isBodiless = status < 200 || status === 204 || status === 304;
    const contentLength = isBodiless ? 0 : this.#length;
    const isChunked = this.#isChunked && !isBodiless;
    return {
      status,
      contentLength,
      isChunked,
      contentEncoding: this.#encoding,
      keepsAlive: this.#keepsAlive && (isChunked || contentLength !== undefined),
      keepAliveMs: this.#keepAliveMs,
    };
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
