// The exchange's memory: an append-only file of frames, each with length and checksum. What is appended in one turn
// of the event loop becomes one frame with one fsync (group commit), so it survives as a whole or not at all.
import { open, readFile, rename, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';

const FILE = 'journal.log';
const HEADER_BYTES = 8; // Length and CRC-32 of the payload, big endian.
/** Bytes of one frame. A turn of the loop writes far less; more than this after a bad frame is no torn tail. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** Entries in one frame of a rewritten journal, so that no frame comes near the limit. */
const ENTRIES_PER_FRAME = 2_000;

export interface Journal<Entry> {
  /** Buffers the entry; it is durable when a `committed` that was called afterwards resolves. */
  append(entry: Entry): void;
  committed(): Promise<void>;
  /** Replaces the whole file by these entries, at once or not at all. Only before the first append. */
  rewrite(entries: readonly Entry[]): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedJournal<Entry> {
  readonly journal: Journal<Entry>;
  readonly entries: Entry[];
  readonly bytes: number;
  /** Bytes of an unfinished last write that were cut off; nobody was told of their content. */
  readonly tornBytes: number;
}

interface JournalOptions<Entry> {
  readonly dataDir: string;
  readonly encode: (entries: readonly Entry[]) => string;
  readonly decode: (text: string) => Entry[];
  /** The disk failed: what is in memory is no longer what will be remembered, so the process has to end. */
  readonly onFault: (error: unknown) => void;
}

export async function openJournal<Entry>(options: JournalOptions<Entry>): Promise<OpenedJournal<Entry>> {
  const path = join(options.dataDir, FILE);
  const file = await open(path, 'a+');
  const content = await readFile(file);
  const { entries, goodBytes } = readFrames(content, options.decode);
  const tornBytes = content.length - goodBytes;
  if (tornBytes > MAX_FRAME_BYTES) throw new Error(`${path} is damaged at byte ${goodBytes}`);
  if (tornBytes > 0) await file.truncate(goodBytes);
  await syncFolder(options.dataDir);
  return { journal: new FileJournal(path, file, options), entries, bytes: goodBytes, tornBytes };
}

function readFrames<Entry>(
  content: Buffer,
  decode: (text: string) => Entry[],
): { entries: Entry[]; goodBytes: number } {
  const entries: Entry[] = [];
  let at = 0;
  while (content.length - at >= HEADER_BYTES) {
    const length = content.readUInt32BE(at);
    const payload = content.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    if (length === 0 || payload.length < length || crc32(payload) !== content.readUInt32BE(at + 4)) break;
    for (const entry of decode(payload.toString('utf8'))) entries.push(entry);
    at += HEADER_BYTES + length;
  }
  return { entries, goodBytes: at };
}

function toFrame(text: string): Buffer {
  const payload = Buffer.from(text, 'utf8');
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(payload.length, 0);
  header.writeUInt32BE(crc32(payload), 4);
  return Buffer.concat([header, payload]);
}

class FileJournal<Entry> implements Journal<Entry> {
  readonly #path: string;
  readonly #options: JournalOptions<Entry>;
  #file: FileHandle;
  #buffered: Entry[] = [];
  #commit: Promise<void> = Promise.resolve();
  #scheduled = false;

  constructor(path: string, file: FileHandle, options: JournalOptions<Entry>) {
    this.#path = path;
    this.#file = file;
    this.#options = options;
  }

  append(entry: Entry): void {
    this.#buffered.push(entry);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const before = this.#commit;
    // The flush takes all that has come in by then, so a slow fsync makes the next group larger.
    this.#commit = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => before)
      .then(() => this.#flush());
    // Whoever waits for the commit hears of it as well; without anybody waiting it must not go unnoticed.
    this.#commit.catch((error: unknown) => this.#options.onFault(error));
  }

  committed(): Promise<void> {
    return this.#commit;
  }

  async #flush(): Promise<void> {
    this.#scheduled = false;
    const entries = this.#buffered;
    this.#buffered = [];
    if (entries.length === 0) return;
    await this.#file.appendFile(toFrame(this.#options.encode(entries)));
    await this.#file.datasync();
  }

  async rewrite(entries: readonly Entry[]): Promise<void> {
    const next = await open(`${this.#path}.new`, 'w');
    for (let at = 0; at < entries.length; at += ENTRIES_PER_FRAME) {
      await next.appendFile(toFrame(this.#options.encode(entries.slice(at, at + ENTRIES_PER_FRAME))));
    }
    await next.sync();
    await next.close();
    await rename(`${this.#path}.new`, this.#path);
    await syncFolder(dirname(this.#path));
    await this.#file.close();
    this.#file = await open(this.#path, 'a+');
  }

  async close(): Promise<void> {
    await this.#commit;
    await this.#file.close();
  }
}

/** A new or renamed file is only there after a crash when its folder was synced as well. */
async function syncFolder(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) throw new Error(`${path} is not a folder`);
  const folder = await open(path, 'r');
  await folder.sync();
  await folder.close();
}
