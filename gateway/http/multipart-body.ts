// The parts of an incremental answer (@defer) as multipart/mixed, as Apollo's clients read them: each part is followed
// at once by the boundary that ends it, so that a client need not wait for the next part to know that this one is
// whole.
import { deferSpec } from './negotiate-media.ts';

export const multipartContentType = `multipart/mixed; boundary="-"; deferSpec=${deferSpec}`;

const partHead = '\r\ncontent-type: application/json; charset=utf-8\r\n\r\n';
const boundary = '\r\n---';

/** `failed` makes the last part of an answer that broke on its way. */
export async function* multipartBody(
  payloads: AsyncIterable<string>,
  failed: (error: unknown) => string,
): AsyncGenerator<string> {
  let opening = boundary;
  try {
    for await (const payload of payloads) {
      yield opening + partHead + payload + boundary;
      opening = '';
    }
  } catch (error) {
    yield opening + partHead + failed(error) + boundary;
    opening = '';
  }
  yield `${opening}--\r\n`;
}
