// The one page that the BFF has itself: who is signed in, and the way in and out. Its script and style are files of their
// own, so that the policy lets in no text of a page.
import { readFileSync } from 'node:fs';
import type { OwnRoutes } from '@simplebank/completion';

const fileOf = (name: string) => readFileSync(new URL(`../page/${name}`, import.meta.url), 'utf8');
const anonymous = { config: { anonymous: true } };

export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self'`,
    // GraphQL, also by socket: 'self' stands for that too (CSP level 3, section 6.7.2.8).
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
    `require-trusted-types-for 'script'`,
  ].join('; '),
};

/** Shown after a sign-in that did not work, without a word on why: the log has it. */
export const failedPage = fileOf('failed.html');

export const pageRoutes: OwnRoutes = (scope) => {
  const serve = (url: string, file: string, type: string) => {
    const text = fileOf(file);
    scope.get(url, anonymous, async (_request, reply) =>
      reply
        .headers({ ...pageHeaders, 'cache-control': 'no-cache', 'content-type': `${type}; charset=utf-8` })
        .send(text),
    );
  };
  serve('/', 'session.html', 'text/html');
  serve('/page/session.js', 'session.js', 'text/javascript');
  serve('/page/session.css', 'session.css', 'text/css');
  serve('/page/icon.svg', 'icon.svg', 'image/svg+xml');
};
