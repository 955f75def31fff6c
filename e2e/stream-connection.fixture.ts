// An order followed over one stream of server-sent events, by nothing but the HTML standard's event stream format, until
// it completes, fails or is cut. As an EventSource it asks for the same each time, and says by Last-Event-ID where it stands.
import { request, type IncomingMessage } from 'node:http';
import { dueCut, type End, type FollowOnce } from './cut-connection.fixture.ts';
import { orderSubscription, type OrderPayload } from './orders.ts';

export const followOverStream: FollowOnce = async ({ bffUrl, token, orderId, cut, cursor }, seen) => {
  const { promise, resolve } = Promise.withResolvers<End>();
  const asked = request(`${bffUrl}/graphql/stream`, {
    method: 'POST',
    agent: false,
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      ...(cursor !== '0' && { 'last-event-id': cursor }),
    },
  });
  const due = dueCut(cut, () => {
    asked.destroy();
    resolve('cut');
  });
  const take = ({ event, id, data }: StreamEvent) => {
    if (due.isDone) return;
    if (event === 'complete') return resolve('completed');
    const payload = (JSON.parse(data) as { data?: OrderPayload | null }).data;
    if (payload == null) return resolve('fault');
    seen(payload.orderUpdated.event, id);
    due.eventCame();
  };
  asked.on('error', () => resolve('fault'));
  asked.on('response', (response) => {
    // A connection that breaks is an error of the response too; a refusal is none.
    response.on('error', () => resolve('fault')).on('close', () => resolve('fault'));
    if (response.statusCode !== 200) return resolve('fault');
    readEvents(response, take);
    due.stands();
  });
  asked.end(JSON.stringify({ query: orderSubscription, variables: { id: orderId, after: '0' } }));
  const end = await promise;
  due.forget();
  asked.destroy();
  return end;
};

interface StreamEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** What is not ended by an empty line when the connection breaks is no event, as the standard says. */
function readEvents(response: IncomingMessage, take: (event: StreamEvent) => void): void {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => {
          const [name = '', ...rest] = line.split(':');
          return [name, rest.join(':').trimStart()] as const;
        }),
      );
      const event = fields.get('event');
      if (event === undefined) continue;
      take({ event, id: fields.get('id') ?? '', data: fields.get('data') ?? '' });
    }
  });
}
