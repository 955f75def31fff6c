// Both links are held to one contract, so that a subgraph may move from http to https without another behaviour.
import { Http1Link } from './http1-link.ts';
import { linkContract } from './link.contract.ts';
import { UndiciLink } from './undici-link.ts';

linkContract({
  name: 'our own client',
  make: (target, deadlines) => new Http1Link(target, deadlines),
  skip: [],
});

linkContract({ name: 'undici', make: (target) => new UndiciLink(target), skip: [] });
