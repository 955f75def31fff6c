// The manifests that are not of one service: namespace, settings, provisioning, exchange, ingress.
import { containerOf, provisionSecrets, serviceNames } from '../container.ts';
import { outside, services, type ServiceDescription } from '../../topology.ts';
import { labelsOf, namespace, selectorOf, serviceAccount, type Manifest } from './manifest.ts';
import { denyAll, exchangeNetworkPolicy, provisionNetworkPolicy } from './network-policies.ts';
import { podTemplate } from './pod.ts';

/** Long enough to read why it failed; then the next apply makes a new one, since a Job cannot be changed. */
const finishedJobSeconds = 600;
const small = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '256Mi' } };

/** By which clients know an edge. */
const edgeHostOf = (name: string) => `${name}.simplebank.example`;

export function namespaceManifests(): readonly Manifest[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    denyAll(),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: {
        LOG_LEVEL: 'info',
        SEED_DEMO: '1',
        BFF_WEB_ORIGIN: `https://${edgeHostOf('bff-web')}`,
        IDENTITY_BROWSER_ORIGIN: `https://${edgeHostOf('identity')}`,
        IDENTITY_BEHIND_PROXY: '1',
      },
    },
  ];
}

/** Services that start before it has ended find no database, end, and are started again. */
export function provisionManifests(): readonly Manifest[] {
  const name = 'provision';
  const template = podTemplate({
    name,
    arguments: ['deploy/provision.ts'],
    settings: {},
    secrets: provisionSecrets(),
    resources: small,
    pod: { restartPolicy: 'OnFailure' },
  });
  return [
    serviceAccount(name),
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, labels: labelsOf(name) },
      spec: { backoffLimit: 10, ttlSecondsAfterFinished: finishedJobSeconds, template },
    },
    provisionNetworkPolicy(),
  ];
}

/** The outside party of a trial. It has one journal and so one replica; a real bank leaves this file out. */
export function exchangeManifests(): readonly Manifest[] {
  const name = 'exchange';
  const { port, controlPort } = outside.exchange;
  const probe = { exec: { command: ['node', 'deploy/probe.ts'] }, timeoutSeconds: 3 };
  return [
    serviceAccount(name),
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name, labels: labelsOf(name) },
      spec: {
        serviceName: name,
        replicas: 1,
        selector: { matchLabels: selectorOf(name) },
        template: podTemplate({
          name,
          arguments: ['exchange/main.ts'],
          settings: {
            EXCHANGE_LISTEN_HOST: '0.0.0.0',
            EXCHANGE_DATA_DIR: '/data',
            PROBE_URL: `http://127.0.0.1:${controlPort}/healthz`,
          },
          secrets: {},
          resources: small,
          container: {
            ports: [{ name: 'fix', containerPort: port }],
            startupProbe: { ...probe, periodSeconds: 2, failureThreshold: 30 },
            // By a program and seldom: the control port is closed to the network, as it can also switch faults on.
            livenessProbe: { ...probe, periodSeconds: 30 },
            readinessProbe: { ...probe, periodSeconds: 10 },
          },
          mounts: [{ name: 'journal', mountPath: '/data' }],
        }),
        volumeClaimTemplates: [
          {
            metadata: { name: 'journal' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels: labelsOf(name) },
      spec: {
        clusterIP: 'None',
        publishNotReadyAddresses: false,
        selector: selectorOf(name),
        ports: [{ name: 'fix', port, targetPort: 'fix' }],
      },
    },
    exchangeNetworkPolicy(),
  ];
}

/** Each edge at a host of its own; the certificate is the secret `tls`. */
export function ingressManifests(): readonly Manifest[] {
  const edges = serviceNames.filter((name) => {
    const { edge = false }: ServiceDescription = services[name];
    return edge;
  });
  const rules = edges.map((name) => {
    const service = { name: `${name}-edge`, port: { number: containerOf(name).port } };
    return {
      host: edgeHostOf(name),
      http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service } }] },
    };
  });
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: namespace },
      spec: { tls: [{ hosts: edges.map(edgeHostOf), secretName: 'tls' }], rules },
    },
  ];
}
