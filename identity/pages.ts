// The few pages that a browser sees: plain HTML forms without a script, and the headers that keep anything else out.
import { createHash } from 'node:crypto';
import type { ErrorOut } from 'oidc-provider';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:4rem auto;padding:0 1rem}
label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}
input,button{padding:.5rem;margin:.25rem 0 1rem}
[role=alert]{color:#a00}`;

/** CSP level 3, section 8.3: the one style that the policy lets in, by its hash. */
const styleHash = createHash('sha256').update(style).digest('base64');

/**
 * `formTargets` are where an answer to the form may redirect to, since browsers hold redirects to `form-action` too.
 * Nothing else is loaded or framed.
 */
export function pageHeaders(formTargets: readonly string[] = []): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      `default-src 'none'`,
      `style-src 'sha256-${styleHash}'`,
      `form-action ${["'self'", ...formTargets].join(' ')}`,
      `frame-ancestors 'none'`,
      `base-uri 'none'`,
    ].join('; '),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}

export function signInPage(given: { clientName: string; action: string; problem?: string }): string {
  return page(
    'Sign in',
    `${given.problem === undefined ? '' : `<p role="alert">${escaped(given.problem)}</p>`}
<p>${escaped(given.clientName)} asks you to sign in.</p>
<form method="post" action="${escaped(given.action)}">
<label>User name<input name="username" autocomplete="username" required maxlength="200" autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required maxlength="200"></label>
<button type="submit">Sign in</button>
</form>`,
  );
}

/** `form` is the provider's own, with what keeps other sites from ending a session. */
export function logoutPage(form: string): string {
  return page(
    'Sign out',
    `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>`,
  );
}

export function loggedOutPage(): string {
  return page('Signed out', '<p>You are signed out.</p>');
}

export function errorPage({ error, error_description: description }: ErrorOut): string {
  return page('This did not work', `<p>${escaped(error)}</p><p>${escaped(description ?? '')}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} · SimpleBank</title><style>${style}</style></head>
<body><h1>${title}</h1>
${body}
</body></html>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
