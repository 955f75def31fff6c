// The subgraph of transport-bench.ts, in a process of its own so that its CPU is not counted: one prepared answer of
// about 5 kB to every request, as cheaply as node:http can.
import { createServer } from 'node:http';

const products = Array.from({ length: 60 }, (_, index) => ({
  __typename: 'Product',
  upc: String(index),
  name: `Product number ${index}`,
  price: 899 + index,
}));
const answer = Buffer.from(JSON.stringify({ data: { products } }));

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.send?.(address.port);
});
process.on('disconnect', () => process.exit(0));
