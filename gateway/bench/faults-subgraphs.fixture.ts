// The subgraphs that faults and reloads are watched with, run as processes of their own, so that what one of them does
// wrong takes no time from the others: `healthy` serves all three as they should be, `faulty PORT` serves prices on a
// port of its own and does wrong whatever it is told by message.
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import { composed, SubgraphServers, type SubgraphSource } from '../subgraph-servers.fixture.ts';
import { faults as wireFaults } from '../transport/faults.fixture.ts';
import {
  httpAnswer,
  startRawSubgraph,
  type RawRequest,
  type RawSubgraph,
} from '../transport/raw-subgraph.fixture.ts';
import { answersLateMs, productCount, type FaultName, type FromSubgraphs } from './faults-expected.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n';

interface Product {
  readonly upc: string;
}

const products: readonly Product[] = Array.from({ length: productCount }, (_, index) => ({
  upc: `p${index}`,
}));

function catalog(ofProduct: string): SubgraphSource {
  return {
    sdl: `type Query { products: [Product!]! } type Product @key(fields: "upc") { upc: ID! name: String! ${ofProduct} }`,
    resolvers: {
      Query: { products: () => products },
      Product: { name: ({ upc }: Product) => `name of ${upc}`, note: ({ upc }: Product) => `note on ${upc}` },
    },
  };
}

const stock: SubgraphSource = {
  sdl: 'type Product @key(fields: "upc") { upc: ID! inStock: Int! }',
  resolvers: { Product: { inStock: ({ upc }: Product) => upc.length } },
};

const prices: SubgraphSource = {
  sdl: `type Query { rates: Rates } type Rates { euro: Float! }
    type Product @key(fields: "upc") { upc: ID! price: Price } type Price { amount: Int! currency: String! }`,
  resolvers: {
    Query: { rates: () => ({ euro: 1.5 }) },
    Product: { price: ({ upc }: Product) => ({ amount: upc.length * 100, currency: 'EUR' }) },
  },
};

/** The later version of the supergraph knows one field more, which the subgraphs always serve. */
const sources = { catalog: catalog('note: String'), stock, prices };
const earlier = { ...sources, catalog: catalog('') };

async function serveHealthy(): Promise<void> {
  const servers = await SubgraphServers.of(sources);
  // Nobody looks at them, and a long run would keep them all.
  servers.beforeAnswer = async () => void (servers.asked.length = 0);
  const { urls, supergraph } = servers;
  tell({ kind: 'healthy', urls, supergraphs: [composed(earlier, urls), supergraph] });
}

async function serveFaulty(port: number): Promise<void> {
  let does: FaultName | 'nothing wrong' = 'nothing wrong';
  const answer = (request: RawRequest): void => {
    if (does === 'nothing wrong') void answerRight(request);
    else behaviours[does](request);
  };
  let server: RawSubgraph | undefined = await startRawSubgraph(answer, port);
  const known = server.port;
  process.on('message', async (next: FaultName | 'nothing wrong') => {
    does = next;
    if (next === 'refuses connections') {
      await server?.stop();
      server = undefined;
    } else server ??= await startRawSubgraph(answer, known);
    tell({ kind: 'does', what: next });
  });
  tell({ kind: 'faulty', url: server.url });
}

type Data = Record<string, unknown>;
interface Priced {
  price: { amount: unknown; currency: unknown } | string;
}

const schema = buildSubgraphSchema({ typeDefs: parse(link + prices.sdl), resolvers: prices.resolvers });

async function rightData(body: string): Promise<Data> {
  const { query, variables } = JSON.parse(body) as { query: string; variables?: Data };
  const { data, errors = [] } = await graphql({ schema, source: query, variableValues: variables });
  if (data == null || errors.length > 0) throw new Error(`the gateway asks wrongly: ${errors.join('\n')}`);
  // graphql-js makes objects without a prototype, read-only to TypeScript; these are to be changed.
  return JSON.parse(JSON.stringify(data)) as Data;
}

async function answerRight(request: RawRequest): Promise<void> {
  await answerChanged(request, () => {});
}

async function answerChanged({ body, socket }: RawRequest, change: (data: Data) => void): Promise<void> {
  const data = await rightData(body);
  change(data);
  if (!socket.destroyed) socket.write(httpAnswer(JSON.stringify({ data })));
}

function changingEntities(change: (entities: Priced[]) => void): (request: RawRequest) => void {
  return (request) =>
    void answerChanged(request, (data) => {
      const entities = data['_entities'] as Priced[] | undefined;
      if (entities !== undefined) change(entities);
    });
}

function onTheWire(name: string): (request: RawRequest) => void {
  const fault = wireFaults.find((known) => known.name === name);
  if (fault === undefined) throw new Error(`transport/faults.fixture.ts knows no fault "${name}"`);
  return fault.write;
}

const behaviours: Readonly<Record<FaultName, (request: RawRequest) => void>> = {
  'refuses connections': ({ socket }) => void socket.destroy(),
  'never answers': onTheWire('never answers'),
  'answers too late': (request) => {
    const timer = setTimeout(() => void answerRight(request), answersLateMs);
    request.socket.once('close', () => clearTimeout(timer));
  },
  'answers HTML': onTheWire('answers HTML'),
  'answers half a JSON': onTheWire('answers half a JSON'),
  redirects: onTheWire('redirects'),
  'announces 100 MB': onTheWire('announces 100 MB'),
  'sends 100 MB unannounced': onTheWire('sends 100 MB unannounced'),
  'closes in the head': onTheWire('closes in the head'),
  'closes in the body': onTheWire('closes in the body'),
  resets: onTheWire('resets'),
  'writes garbage': onTheWire('writes garbage'),
  'answers wrong types': (request) =>
    void answerChanged(request, (data) => {
      if ('rates' in data) data['rates'] = { euro: 'no number' };
      const entities = (data['_entities'] ?? []) as Priced[];
      for (const [index, entity] of entities.entries()) {
        entity.price = index % 2 === 0 ? 'no object' : { amount: { no: 'integer' }, currency: 'EUR' };
      }
    }),
  'answers too few entities': changingEntities((entities) => void entities.shift()),
  'answers too many entities': changingEntities((entities) => void entities.push(...entities.slice(0, 1))),
  'answers null where none may be': (request) =>
    void answerChanged(request, (data) => {
      if ('rates' in data) data['rates'] = { euro: null };
      const entities = (data['_entities'] ?? []) as Priced[];
      for (const entity of entities) entity.price = { amount: null, currency: 'EUR' };
    }),
};

function tell(message: FromSubgraphs): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit());
const [role, port] = process.argv.slice(2);
if (role === 'healthy') await serveHealthy();
else await serveFaulty(Number(port));
