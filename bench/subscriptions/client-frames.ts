// A WebSocket client's frames (RFC 6455, section 5.2), only what the bench needs: short text out, text and pings in.
// The client of `ws` would take more CPU than the servers that are measured.

const mask = Buffer.from([0x5a, 0x3c, 0x96, 0xe1]);
const text = 1;
const ping = 9;
const pong = 10;

function frame(opcode: number, payload: Buffer): Buffer {
  const long = payload.length > 125;
  if (payload.length > 0xffff) throw new Error('the bench sends no long messages');
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (long ? 126 : payload.length);
  if (long) head.writeUInt16BE(payload.length, 2);
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([head, mask, masked]);
}

export const textFrame = (message: string): Buffer => frame(text, Buffer.from(message));
export const pongFrame = (payload: Buffer): Buffer => frame(pong, payload);

export interface FrameReader {
  readonly onText: (message: string) => void;
  readonly onPing: (payload: Buffer) => void;
  readonly onClose: (code: number, reason: string) => void;
}

/** Takes every whole frame from the bytes; answers what is left of the last one. */
export function readFrames(bytes: Buffer, reader: FrameReader): Buffer {
  let at = 0;
  while (bytes.length - at >= 2) {
    const opcode = (bytes[at] ?? 0) & 0x0f;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    if (short === 127) throw new Error('the bench expects no frame above 64 kB');
    const headBytes = short === 126 ? 4 : 2;
    if (bytes.length - at < headBytes) break;
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const end = at + headBytes + length;
    if (bytes.length < end) break;
    const payload = bytes.subarray(at + headBytes, end);
    if (opcode === text) reader.onText(payload.toString('latin1'));
    else if (opcode === ping) reader.onPing(payload);
    else reader.onClose(length >= 2 ? payload.readUInt16BE(0) : 1005, payload.subarray(2).toString());
    at = end;
  }
  return bytes.subarray(at);
}
