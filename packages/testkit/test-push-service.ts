// A push service (RFC 8030) and the devices behind it, as the bank meets them: it checks who sends, answers as a test
// wants, and each device decrypts what it gets by its own keys.
import { createECDH, randomBytes, type ECDH } from 'node:crypto';
import { checkVapid } from './check-vapid.ts';
import { decryptPush } from './decrypt-push.ts';
import { testPeer, type ReceivedRequest } from './test-peer.ts';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}
/** `dropped`: the connection breaks; `silent`: no answer ever comes. */
export type PushAnswer = Answer | 'dropped' | 'silent';

export interface ReceivedPush {
  /** Decrypted. */
  readonly text: string;
  readonly ttl: number;
  readonly urgency: string | undefined;
  readonly topic: string | undefined;
  readonly receivedAtMs: number;
}

export interface TestDevice {
  /** `toJSON()` of its PushSubscription. */
  readonly subscription: { readonly endpoint: string; readonly keys: Record<'p256dh' | 'auth', string> };
  readonly pushes: readonly ReceivedPush[];
  /** To each request so far, also to those that brought no push. */
  readonly answers: readonly PushAnswer[];
  /** For the next requests, before it takes pushes again. */
  answerNext(...answers: readonly PushAnswer[]): void;
}

export interface TestPushService extends AsyncDisposable {
  readonly origin: string;
  /** Subscribed with this key of the sender. */
  device(applicationServerKey: string): TestDevice;
  /** Why pushes were refused, and what could not be decrypted. */
  readonly faults: readonly string[];
}

interface Registered extends TestDevice {
  readonly pushes: ReceivedPush[];
  readonly answers: PushAnswer[];
  readonly next: PushAnswer[];
  readonly key: string;
  readonly curve: ECDH;
  readonly auth: Buffer;
}

export async function testPushService(): Promise<TestPushService> {
  const devices = new Map<string, Registered>();
  const faults: string[] = [];
  const server = await testPeer((request, response) => {
    const device = devices.get(request.url);
    const answer = device === undefined ? { status: 404 } : answerOf(device, request);
    if (answer === 'dropped') response.destroy();
    else if (answer !== 'silent') response.writeHead(answer.status, answer.headers).end();
  });

  function answerOf(device: Registered, request: ReceivedRequest): PushAnswer {
    const answer = device.next.shift() ?? receive(device, request);
    device.answers.push(answer);
    return answer;
  }

  function receive(device: Registered, { headers, bytes }: ReceivedRequest): Answer {
    try {
      checkVapid(headers.authorization ?? '', { origin: server.address, key: device.key });
    } catch (fault) {
      faults.push(String(fault));
      return { status: 403 };
    }
    const ttl = Number(headers['ttl']);
    if (!Number.isInteger(ttl) || headers['content-encoding'] !== 'aes128gcm') return { status: 400 };
    try {
      device.pushes.push({
        text: decryptPush(device, bytes),
        ttl,
        urgency: headers['urgency'] as string | undefined,
        topic: headers['topic'] as string | undefined,
        receivedAtMs: performance.now(),
      });
    } catch (fault) {
      faults.push(String(fault));
    }
    return {
      status: 201,
      headers: { location: `${server.address}/message/${randomBytes(8).toString('hex')}` },
    };
  }

  return {
    origin: server.address,
    faults,
    device(key) {
      const path = `/push/${randomBytes(16).toString('base64url')}`;
      const device = newDevice(`${server.address}${path}`, key);
      devices.set(path, device);
      return device;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function newDevice(endpoint: string, key: string): Registered {
  const curve = createECDH('prime256v1');
  curve.generateKeys();
  const auth = randomBytes(16);
  const next: PushAnswer[] = [];
  return {
    subscription: {
      endpoint,
      keys: { p256dh: curve.getPublicKey('base64url'), auth: auth.toString('base64url') },
    },
    pushes: [],
    answers: [],
    next,
    key,
    curve,
    auth,
    answerNext: (...answers) => void next.push(...answers),
  };
}
