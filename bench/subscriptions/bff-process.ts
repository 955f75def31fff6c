// The BFF under test: what both BFFs serve at /graphql (packages/completion), whole and as it comes, in a process of its
// own. Its gateway is the stand-in of orders-process.ts, its bus the real one.
import { fileURLToPath } from 'node:url';
import { serveClientApi } from '@simplebank/completion';
import { testHost } from '@simplebank/testkit';
import { settingsOfProcess } from './answer-questions.ts';
import { answerAsServer } from './server-questions.ts';
import { schemaFile } from './story.ts';

export interface BffSettings {
  readonly issuer: string;
  readonly addresses: { readonly identity: string; readonly gateway: string };
  readonly busUrl: string;
}

const { host } = testHost({ service: 'bff-web', ...settingsOfProcess<BffSettings>() });
const { url } = await serveClientApi(host, {
  apiSchemaFile: fileURLToPath(schemaFile),
  cursorSecret: 'a secret of the bench, as long as one',
  liveFields: { orderUpdated: { twin: 'orderUpdates', key: 'orderId', stream: 'orders' } },
});
answerAsServer(Number(new URL(url).port));
