// The body of a request as text, read no further than the limit. node:http only.
import type { IncomingMessage } from 'node:http';
import { bodyTooLarge, notUnderstood } from './http-refused.ts';

/**
 * A client that is refused is in the middle of sending, and may read the answer only afterwards. So the rest is read
 * and dropped, and only a client that goes on for much longer is cut off.
 */
const drainFactor = 8;

/** Rejects with HttpRefused when the body is too large or its client is gone. */
export function readBodyText(message: IncomingMessage, limitBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    if (Number(message.headers['content-length'] ?? 0) > limitBytes) {
      drain(message, limitBytes);
      reject(bodyTooLarge(limitBytes));
      return;
    }
    let first: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let size = 0;
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        message.off('data', take);
        drain(message, limitBytes);
        reject(bodyTooLarge(limitBytes));
      } else if (first === undefined) first = chunk;
      else (chunks ??= [first]).push(chunk);
    };
    message.on('data', take);
    message.on('end', () =>
      resolve((chunks === undefined ? first : Buffer.concat(chunks, size))?.toString() ?? ''),
    );
    message.on('error', () => reject(notUnderstood('The request ended early.')));
  });
}

function drain(message: IncomingMessage, limitBytes: number): void {
  let left = limitBytes * drainFactor;
  message.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) message.socket.destroy();
  });
}
