// What pages do in the browser test, as scripts of theirs would: an application's own page, and a stranger's. Put into every
// page before its own scripts.
globalThis.inPage = {
  socket: { text: '', closed: undefined },

  /** A GraphQL operation of the application's own page. */
  async ask({ query, variables, key }) {
    const answer = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf': '1', 'idempotency-key': key },
      body: JSON.stringify({ query, variables }),
    });
    return { status: answer.status, text: await answer.text() };
  },

  /** Settles when the subscription has been sent; what comes is kept in `socket`. */
  follow(payload) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(
        `${location.origin.replace('http', 'ws')}/graphql`,
        'graphql-transport-ws',
      );
      socket.addEventListener('open', () => socket.send('{"type":"connection_init"}'));
      socket.addEventListener('close', ({ code }) => {
        inPage.socket.closed = code;
        reject(new Error(`closed with ${code}`));
      });
      socket.addEventListener('message', ({ data }) => {
        inPage.socket.text += `${data}\n`;
        if (!data.includes('connection_ack')) return;
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
        resolve();
      });
    });
  },

  /** What a script finds of a session. */
  found() {
    return [document.cookie, localStorage.length, sessionStorage.length];
  },

  /** A stranger's requests: one that needs no preflight, and one as the application sends it; what could be read. */
  async stealByFetch(bank) {
    const body = '{"query":"mutation { cancelOrder(orderId: \\"ord-1\\") { order { id } } }"}';
    const requests = [
      { mode: 'no-cors', headers: { 'content-type': 'text/plain' } },
      { headers: { 'content-type': 'application/json', 'x-csrf': '1' } },
    ];
    const read = [];
    for (const request of requests) {
      try {
        const answer = await fetch(`${bank}/graphql`, {
          method: 'POST',
          credentials: 'include',
          body,
          ...request,
        });
        if (answer.type !== 'opaque') read.push(await answer.text());
      } catch {
        // Kept back by the browser, as it should be.
      }
    }
    return read;
  },

  stealBySocket(bank) {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${bank.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      let opened = false;
      socket.addEventListener('open', () => (opened = true));
      socket.addEventListener('close', () => resolve({ opened }));
    });
  },

  /** A form takes the browser itself there. */
  submitForm(action) {
    const form = Object.assign(document.createElement('form'), {
      method: 'post',
      action,
      enctype: 'text/plain',
    });
    const field = { name: '{"query":"{ me { id } }","x":"', value: '"}' };
    form.append(Object.assign(document.createElement('input'), field));
    document.body.append(form);
    form.submit();
  },
};
