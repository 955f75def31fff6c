// A certificate for 127.0.0.1, signed by itself and made at each run, so that no private key stands in the repository.
// X.509 v3 (RFC 5280) in as little DER as TLS wants.
import { generateKeyPairSync, sign } from 'node:crypto';

export function selfSigned(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])); // ecdsa-with-SHA256
  const name = sequence(
    tagged(0x31, sequence(objectId([0x55, 0x04, 0x03]), tagged(0x0c, Buffer.from('test')))), // CN=test
  );
  const year = new Date().getUTCFullYear();
  const validity = sequence(utcTime(year - 1), utcTime(year + 1));
  const forAddress = tagged(0x04, sequence(tagged(0x87, Buffer.from([127, 0, 0, 1]))));
  const isAuthority = tagged(0x04, sequence(tagged(0x01, Buffer.from([0xff]))));
  const extensions = tagged(
    0xa3,
    sequence(
      sequence(objectId([0x55, 0x1d, 0x11]), forAddress),
      sequence(objectId([0x55, 0x1d, 0x13]), isAuthority),
    ),
  );
  const toBeSigned = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))), // version 3
    tagged(0x02, Buffer.from([1])), // serial number
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const signature = tagged(0x03, Buffer.from([0]), sign('sha256', toBeSigned, privateKey));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem(sequence(toBeSigned, algorithm, signature)),
  };
}

function tagged(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...contents: Buffer[]): Buffer {
  return tagged(0x30, ...contents);
}

function objectId(bytes: number[]): Buffer {
  return tagged(0x06, Buffer.from(bytes));
}

function utcTime(year: number): Buffer {
  return tagged(0x17, Buffer.from(`${String(year % 100).padStart(2, '0')}0101000000Z`));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
