// All manifests of one service of the topology.
import { clusterSettingsOf, containerOf, signingKeySecret } from '../container.ts';
import { services, type ServiceDescription, type ServiceName } from '../../topology.ts';
import { labelsOf, selectorOf, serviceAccount, type Manifest } from './manifest.ts';
import { networkPolicyOf } from './network-policies.ts';
import { podTemplate } from './pod.ts';

/** Names in DNS may be cached for 5 s, and callers look again once a second. */
const drainMs = 8_000;
/** Two of each, so that losing a machine, or a rolling update, loses no service. */
const fewestReplicas = 2;
const mostReplicas = 8;
/** One process uses one core well; above this the next replica is started. */
const targetCpuPercent = 70;
/** A first start makes the tables; it may take a minute on a busy cluster. */
const startupProbes = { periodSeconds: 2, failureThreshold: 30 };

/** What every request goes through. */
const busy: readonly ServiceName[] = ['gateway', 'orders', 'accounts'];
const small = { requests: { cpu: '200m', memory: '192Mi' }, limits: { cpu: '1', memory: '384Mi' } };
const large = { requests: { cpu: '500m', memory: '256Mi' }, limits: { cpu: '2', memory: '768Mi' } };

export function serviceManifests(name: ServiceName): readonly Manifest[] {
  const { edge = false }: ServiceDescription = services[name];
  return [
    serviceAccount(name),
    deployment(name),
    headlessService(name),
    ...(edge ? [edgeService(name)] : []),
    disruptionBudget(name),
    autoscaler(name),
    networkPolicyOf(name),
  ];
}

function deployment(name: ServiceName): Manifest {
  const { arguments: args, port, settings, secrets } = containerOf(name);
  const probe = (path: string) => ({ httpGet: { path, port: 'http' } });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      // No number of replicas: it is the autoscaler's, and applying this again must not set it back.
      selector: { matchLabels: selectorOf(name) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: podTemplate({
        name,
        arguments: args,
        settings: { ...settings, ...clusterSettingsOf(name), DRAIN_MS: String(drainMs) },
        secrets,
        files: name === 'identity' ? [signingKeySecret] : [],
        resources: busy.includes(name) ? large : small,
        container: {
          // Settings that differ from place to place: LOG_LEVEL, ISSUER, SEED_DEMO, OTEL_EXPORTER_OTLP_ENDPOINT.
          envFrom: [{ configMapRef: { name: 'settings' } }],
          ports: [{ name: 'http', containerPort: port }],
          startupProbe: { ...probe('/healthz'), ...startupProbes },
          livenessProbe: { ...probe('/healthz'), periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 3 },
          readinessProbe: { ...probe('/readyz'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 },
        },
        pod: { topologySpreadConstraints: spread(name) },
      }),
    },
  };
}

/** Over machines and zones, as evenly as there is room. */
function spread(name: string): object[] {
  return ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selectorOf(name) },
  }));
}

/** Its name in DNS stands for the addresses of all replicas that are ready; the callers choose among them. */
function headlessService(name: ServiceName): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: false,
      selector: selectorOf(name),
      ports: [{ name: 'http', port: services[name].port, targetPort: 'http' }],
    },
  };
}

/** One address for all replicas, because not every ingress controller takes a headless service. */
function edgeService(name: ServiceName): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-edge`, labels: labelsOf(name) },
    spec: {
      selector: selectorOf(name),
      ports: [{ name: 'http', port: services[name].port, targetPort: 'http' }],
    },
  };
}

function disruptionBudget(name: string): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, labels: labelsOf(name) },
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(name) } },
  };
}

function autoscaler(name: string): Manifest {
  const target = { type: 'Utilization', averageUtilization: targetCpuPercent };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: fewestReplicas,
      maxReplicas: mostReplicas,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  };
}
