// Bytes that have arrived and wait to be read one chunk at a time. Node's own stream iterator will not do: it
// destroys the socket when the reader stops, and with it a last Logout that is still on its way out.

export class ChunkQueue {
  #waiting: Uint8Array[] = [];
  #ended = false;
  #wake: () => void = () => {};
  readonly #onTaken: () => void;

  /** `onTaken` is called when the reader is ready for more; a socket is resumed there. */
  constructor(onTaken: () => void = () => {}) {
    this.#onTaken = onTaken;
  }

  put(chunk: Uint8Array): void {
    if (!this.#ended) this.#waiting.push(chunk);
    this.#wake();
  }

  /** What was put before is still read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#waiting.shift();
      if (chunk !== undefined) {
        yield chunk;
        this.#onTaken();
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }
}
