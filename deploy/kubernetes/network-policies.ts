// Who may open a connection to whom: what the topology says, and nothing else.
import { containerOf, serviceNames } from '../container.ts';
import { outside, services, type ServiceDescription, type ServiceName } from '../../topology.ts';
import { labelsOf, selectorOf, type Manifest } from './manifest.ts';

const postgresPort = 5432;
/** Plain and by TLS. */
const redisPorts = [6379, 6380];
/** OTLP by HTTP. */
const tracesPort = 4318;
const httpsPort = 443;
/** Addresses that are nobody's on the internet: the cluster's own, and the machine's (RFC 1918, 6598, 3927). */
const privateAddresses = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'];

const tcp = (...ports: readonly number[]) => ports.map((port) => ({ protocol: 'TCP', port }));
const pods = (name: string) => ({ podSelector: { matchLabels: selectorOf(name) } });
/** Where metrics are scraped from and traces are sent to. */
const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };

const dns = {
  to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};
/** Postgres may be anywhere: in the cluster, beside it, or somebody's service. */
const toPostgres = { ports: tcp(postgresPort) };

/** The internet, and not by way of it what is inside. */
const toOutside = {
  to: [
    { ipBlock: { cidr: '0.0.0.0/0', except: privateAddresses } },
    { ipBlock: { cidr: '::/0', except: ['fc00::/7', 'fe80::/10'] } },
  ],
  ports: tcp(httpsPort),
};

export function networkPolicyOf(name: ServiceName): Manifest {
  const { edge = false, outbound = false, calls, database, port }: ServiceDescription = services[name];
  const needsBus = 'REDIS_URL' in containerOf(name).secrets;
  return policy(name, {
    ingress: [
      // The ingress controller has no name that every cluster shares, so an edge is open to all, on its port.
      edge ? { ports: tcp(port) } : { from: [...callersOf(name).map(pods), monitoring], ports: tcp(port) },
    ],
    egress: [
      dns,
      ...calls.map((called) => ({ to: [pods(called)], ports: tcp(portOf(called)) })),
      ...(database ? [toPostgres] : []),
      ...(needsBus ? [{ ports: tcp(...redisPorts) }] : []),
      ...(outbound ? [toOutside] : []),
      { to: [monitoring], ports: tcp(tracesPort) },
    ],
  });
}

export function exchangeNetworkPolicy(): Manifest {
  const ports = tcp(outside.exchange.port);
  return policy('exchange', { ingress: [{ from: callersOf('exchange').map(pods), ports }], egress: [] });
}

export function provisionNetworkPolicy(): Manifest {
  return policy('provision', { ingress: [], egress: [dns, toPostgres] });
}

/** What no other policy allows is refused. */
export function denyAll(): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'deny-all' },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}

function policy(name: string, rules: { ingress: object[]; egress: object[] }): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      podSelector: { matchLabels: selectorOf(name) },
      policyTypes: ['Ingress', 'Egress'],
      ...rules,
    },
  };
}

function callersOf(name: string): readonly string[] {
  return serviceNames.filter((caller) => {
    const { calls }: ServiceDescription = services[caller];
    return calls.includes(name);
  });
}

function portOf(name: string): number {
  return name === 'exchange' ? outside.exchange.port : services[name as ServiceName].port;
}
