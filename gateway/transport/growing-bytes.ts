// Collects bytes that come in pieces, however small, in blocks: a list of the pieces would let a peer that sends single
// bytes take a hundred times the memory, and one buffer that grows would copy all of them again and again. Blocks of
// large bodies are used again: memory outside the heap makes V8 collect the whole heap every few bodies.

const noBytes = Buffer.alloc(0);
/** Also what an announcement alone reserves at most. */
const blockBytes = 256 * 1024;
/** Of blocks that are kept for the next body, together the largest answer of the default limits. */
const maxSpareBlocks = 32;

/** For so long at most, as large bodies come in bursts, if at all. */
const spareMs = 5_000;

const spareBlocks: Buffer[] = [];
let isReleasePlanned = false;

export class GrowingBytes {
  length = 0;
  /** All but the last, each of `blockBytes`. */
  readonly #full: Buffer[] = [];
  #last: Buffer = noBytes;
  #used = 0;

  /** Copies. `expected` is how many more are announced, 0 when nobody knows. */
  append(bytes: Buffer, from: number, to: number, expected: number): void {
    for (let at = from; at < to;) {
      if (this.#used === this.#last.length) this.#grow(to - at + expected);
      const end = Math.min(to, at + this.#last.length - this.#used);
      bytes.copy(this.#last, this.#used, at, end);
      this.#used += end - at;
      at = end;
    }
    this.length += to - from;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  bytes(): Buffer {
    const last = this.#last.subarray(0, this.#used);
    return this.#full.length === 0 ? last : Buffer.concat([...this.#full, last], this.length);
  }

  /** What `bytes` has returned stays as it is. */
  clear(): void {
    if (this.length === 0) return;
    // A body of one block was returned without a copy.
    if (this.#full.length > 0) keepBlocks([...this.#full, this.#last]);
    this.length = 0;
    this.#full.length = 0;
    this.#last = noBytes;
    this.#used = 0;
  }

  #grow(wanted: number): void {
    if (this.#last.length === blockBytes) {
      this.#full.push(this.#last);
      this.#last = takeBlock();
      this.#used = 0;
      return;
    }
    const size = Math.min(Math.max(this.#used + wanted, 2 * this.#last.length), blockBytes);
    const larger = size === blockBytes ? takeBlock() : Buffer.allocUnsafe(size);
    this.#last.copy(larger, 0, 0, this.#used);
    this.#last = larger;
  }
}

function takeBlock(): Buffer {
  return spareBlocks.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
}

function keepBlocks(blocks: readonly Buffer[]): void {
  spareBlocks.push(...blocks.slice(0, maxSpareBlocks - spareBlocks.length));
  if (isReleasePlanned) return;
  isReleasePlanned = true;
  setTimeout(releaseBlocks, spareMs).unref();
}

function releaseBlocks(): void {
  isReleasePlanned = false;
  spareBlocks.length = 0;
}
