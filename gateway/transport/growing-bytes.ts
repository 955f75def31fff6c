// Collects bytes that come in pieces, however small, in one buffer: a list of them would let a peer that sends single
// bytes take a hundred times the memory.

const noBytes = Buffer.alloc(0);
/** What the first piece reserves at most when much more is announced: an announcement alone takes no memory. */
const maxReservedBytes = 256 * 1024;

export class GrowingBytes {
  length = 0;
  #buffer: Buffer = noBytes;

  /** Copies. `expected` is how many more are announced, 0 when nobody knows. */
  append(bytes: Buffer, from: number, to: number, expected: number): void {
    const needed = this.length + to - from;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(
        Math.max(needed + Math.min(expected, maxReservedBytes), 2 * this.#buffer.length),
      );
      this.#buffer.copy(larger, 0, 0, this.length);
      this.#buffer = larger;
    }
    bytes.copy(this.#buffer, this.length, from, to);
    this.length = needed;
  }

  text(): string {
    return this.#buffer.toString('utf8', 0, this.length);
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  clear(): void {
    if (this.length === 0) return;
    this.length = 0;
    this.#buffer = noBytes;
  }
}
