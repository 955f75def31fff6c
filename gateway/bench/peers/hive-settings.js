// What both Hive Gateways of the bench share: nothing for development, all of its de-duplication, and the client's
// authorization passed on, which also keeps it from sharing answers among clients. JavaScript, since its packages lie
// in a folder of their own that the type checker does not see.
export const settings = {
  landingPage: false,
  graphiql: false,
  disableIntrospection: { disableIf: () => true },
  logging: 'error',
  maxDepth: false,
  maxTokens: false,
  // Of whole requests; that of subgraph requests is on unless it is turned off.
  inboundInflightRequestDeduplication: true,
  propagateHeaders: {
    fromClientToSubgraphs({ request }) {
      const authorization = request.headers.get('authorization');
      return authorization === null ? {} : { authorization };
    },
  },
};
