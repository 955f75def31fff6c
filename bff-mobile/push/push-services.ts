// Which servers this BFF sends pushes to. A client names the address, so that an open choice would let anybody have
// requests sent into the bank's own network (server-side request forgery): only known push services are let in.

/** Those of Chrome and Android, Firefox, Safari and iOS, Edge and Windows. */
export const knownPushServices =
  'https://fcm.googleapis.com https://updates.push.services.mozilla.com https://web.push.apple.com https://*.notify.windows.com';

/** `https://*.example.com` stands for all hosts below example.com. */
const originPattern = /^https?:\/\/(\*\.)?[\w.-]+(:\d+)?$/;

export interface PushServices {
  /** Also asked before each push, since the setting may have become narrower. */
  includes(endpoint: string): boolean;
}

/** `text`: origins with a space between them. Throws Error for what is none. */
export function pushServicesOf(text: string): PushServices {
  const origins = text.split(' ').filter((origin) => origin !== '');
  const wrong = origins.find((origin) => !originPattern.test(origin));
  if (wrong !== undefined) throw new Error(`${wrong} is no origin of a push service`);
  return {
    includes(endpoint) {
      const url = URL.parse(endpoint);
      if (url === null || url.username !== '' || url.password !== '') return false;
      return origins.some((origin) => matches(origin, url));
    },
  };
}

function matches(allowed: string, { origin, protocol, host }: URL): boolean {
  const [scheme, below] = allowed.split('//*');
  return below === undefined ? origin === allowed : protocol === scheme && host.endsWith(below);
}
