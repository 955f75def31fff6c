// Follows a file's changes by looking at it: works on every file system and mount, which file system events do not.
import { readFile, stat } from 'node:fs/promises';

export interface FollowOptions {
  readonly pollMs: number;
  /** Called with the new text, one call after the other. */
  readonly changed: (text: string) => Promise<void>;
  /** A look that failed; the next one comes all the same. */
  readonly failed: (fault: unknown) => void;
}

/** `first` is the text that is known already. */
export function followFile(
  path: string,
  first: string,
  { pollMs, changed, failed }: FollowOptions,
): Disposable {
  let known = first;
  let seen = '';
  let isLooking = false;
  let isStopped = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      const { mtimeMs, size, ino } = await stat(path);
      const mark = `${ino}/${size}/${mtimeMs}`;
      if (mark === seen) return;
      // Marked before reading: a change in between is found the next time.
      seen = mark;
      const text = await readFile(path, 'utf8');
      if (text === known || isStopped) return;
      known = text;
      await changed(text);
    } catch (fault) {
      if (!isStopped) failed(fault);
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), pollMs).unref();
  return {
    [Symbol.dispose]() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
