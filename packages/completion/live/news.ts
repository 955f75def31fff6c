// What has happened since a live query's last read, and the one who waits for it.
import { setTimeout } from 'node:timers/promises';

/** A read names so many of the changes that it was made for; it may be made for any number. */
const mostCauses = 16;

export class News {
  readonly #signal: AbortSignal;
  #isPending = false;
  #causes: string[] | undefined;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  arrived(traceparent?: string | null): void {
    this.#isPending = true;
    if (traceparent != null && (this.#causes?.length ?? 0) < mostCauses)
      (this.#causes ??= []).push(traceparent);
    this.#wake?.();
  }

  /** The traceparents of the news since they were last asked for. */
  causes(): readonly string[] {
    const known = this.#causes ?? [];
    this.#causes = undefined;
    return known;
  }

  /** Until news arrived since the last wait (and not before the given time), or the client is gone. */
  async wait(notBefore: number): Promise<void> {
    if (!this.#isPending && !this.#signal.aborted) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
    const pauseMs = notBefore - performance.now();
    // Aborting rejects the pause. What arrives within it comes with the next read.
    if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal: this.#signal }).catch(() => undefined);
    this.#isPending = false;
  }
}
