// What the Kubernetes manifests must say, as a list of what they say wrongly. It reads the files as they are and not
// through the program that generates them, so that a mistake of that program is noticed too. There is no Kubernetes
// schema at hand: shapes are checked as far as these checks read them.
import { z } from 'zod';
import {
  clusterSettingsOf,
  containerOf,
  provisionSecrets,
  secretSettings,
  serviceNames,
  signingKeySecret,
} from './container.ts';
import { internetOf } from './internet-check.fixture.ts';
import { services, type ServiceDescription, type ServiceName } from '../topology.ts';

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
export type ParsedManifest = z.output<typeof manifestSchema>;

const httpProbe = z.object({ httpGet: z.object({ path: z.string(), port: z.literal('http') }) });
const quantities = z.strictObject({ cpu: z.string(), memory: z.string() });
const podSchema = z.looseObject({
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.looseObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.number().min(1),
    seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.tuple([
    z.looseObject({
      image: z.string(),
      args: z.array(z.string()),
      env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
      ports: z.array(z.looseObject({ containerPort: z.number() })).optional(),
      resources: z.object({ requests: quantities, limits: quantities }),
      securityContext: z.object({
        allowPrivilegeEscalation: z.literal(false),
        readOnlyRootFilesystem: z.literal(true),
        capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
      }),
    }),
  ]),
  volumes: z.array(
    z.looseObject({
      projected: z
        .object({
          sources: z.array(
            z.object({
              secret: z.object({
                name: z.string(),
                items: z.array(z.object({ key: z.string(), path: z.string() })),
              }),
            }),
          ),
        })
        .optional(),
    }),
  ),
});
type Pod = z.output<typeof podSchema>;

const selected = (name: string) =>
  z.object({ matchLabels: z.strictObject({ 'app.kubernetes.io/name': z.literal(name) }) });

export interface ManifestExpectations {
  readonly image: string;
  readonly stopTimeoutMs: number;
}

export function manifestProblems(
  documents: readonly unknown[],
  expected: ManifestExpectations,
): readonly string[] {
  const parsed = z.array(manifestSchema).safeParse(documents);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const manifests = parsed.data;
  return [
    ...serviceNames.flatMap((name) => serviceProblems(manifests, name, expected)),
    ...podsOf(manifests).flatMap((manifest) => podProblems(manifests, manifest, expected)),
    ...jobProblems(manifests),
    ...ingressProblems(manifests),
    ...wholeProblems(manifests),
  ];
}

function wholeProblems(manifests: readonly ParsedManifest[]): string[] {
  const ids = manifests.map(idOf);
  const deployments = manifests
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata }) => metadata.name);
  return problemsOf('the whole', {
    'the same object stands there twice': new Set(ids).size === ids.length,
    'not exactly the services are deployed': same(deployments, serviceNames),
    'a secret stands in it':
      !manifests.some(({ kind }) => kind === 'Secret') &&
      !/:\/\/[^/"]*:[^/"]*@/.test(JSON.stringify(manifests)),
    'connections are not refused by default': ids.includes('NetworkPolicy deny-all'),
    'the namespace takes any pod': JSON.stringify(manifests).includes(
      '"pod-security.kubernetes.io/enforce":"restricted"',
    ),
  });
}

/** What each service must have, and what in it must be so; the shape of its pod is checked with all pods. */
function serviceProblems(
  manifests: readonly ParsedManifest[],
  name: ServiceName,
  expected: ManifestExpectations,
): string[] {
  const { arguments: args, port, settings, secrets } = containerOf(name);
  const { edge = false, outbound = false }: ServiceDescription = services[name];
  const must = (kind: string, shape: z.ZodType, called: string = name) =>
    shape.safeParse(find(manifests, kind, called)).success;
  const deployment = find(manifests, 'Deployment', name);
  const pod = podOf(deployment);
  const container = pod?.containers[0];
  const env = Object.fromEntries(container?.env.map(({ name, value }) => [name, value] as const) ?? []);
  const { DRAIN_MS: drainMs = '', ...rest } = env;
  const files = name === 'identity' ? [signingKeySecret] : [];
  return problemsOf(name, {
    'it has no deployment with a pod': pod !== undefined,
    'another command': same(container?.args, args, true),
    'another port': container?.ports?.length === 1 && container.ports[0]?.containerPort === port,
    'other settings than it needs': sameRecord(rest, {
      ...settings,
      ...clusterSettingsOf(name),
      ...secretSettings(secrets),
    }),
    'other secrets than it needs': same(mountedIn(pod), [...Object.values(secrets), ...files]),
    'it drains longer than it may take to stop':
      Number(drainMs) > 0 && Number(drainMs) < expected.stopTimeoutMs,
    'its probes ask something else': z
      .object({ startupProbe: httpProbe, livenessProbe: asks('/healthz'), readinessProbe: asks('/readyz') })
      .safeParse(container).success,
    'an update takes replicas away first': must(
      'Deployment',
      spec({
        strategy: z.object({ rollingUpdate: z.object({ maxUnavailable: z.literal(0) }) }),
        selector: selected(name),
      }),
    ),
    'its number of replicas is fixed': must('Deployment', spec({ replicas: z.never().optional() })),
    'its replicas may stand on one machine':
      (pod?.['topologySpreadConstraints'] as unknown[] | undefined)?.length === 2,
    'its name does not stand for its ready replicas': must(
      'Service',
      spec({
        clusterIP: z.literal('None'),
        publishNotReadyAddresses: z.literal(false),
        selector: z.strictObject({ 'app.kubernetes.io/name': z.literal(name) }),
        ports: z.tuple([z.looseObject({ port: z.literal(port), targetPort: z.literal('http') })]),
      }),
    ),
    'it is or is not at an address of its own': must('Service', z.undefined(), `${name}-edge`) !== edge,
    'all its replicas may be evicted at once': must(
      'PodDisruptionBudget',
      spec({ maxUnavailable: z.literal(1), selector: selected(name) }),
    ),
    'it is not scaled, or to fewer than two': must(
      'HorizontalPodAutoscaler',
      spec({
        scaleTargetRef: z.looseObject({ kind: z.literal('Deployment'), name: z.literal(name) }),
        minReplicas: z.number().min(2),
        maxReplicas: z.number().min(3),
      }),
    ),
    'its connections are not limited': must(
      'NetworkPolicy',
      spec({ podSelector: selected(name), policyTypes: z.array(z.string()).length(2) }),
    ),
    'others than its callers may reach it':
      edge || same(callersIn(find(manifests, 'NetworkPolicy', name)), callersOf(name)),
    'it reaches more of the internet than it needs, or less':
      internetOf(find(manifests, 'NetworkPolicy', name)) === (outbound ? 'https' : 'none'),
  });
}

function podProblems(
  manifests: readonly ParsedManifest[],
  manifest: ParsedManifest,
  { image, stopTimeoutMs }: ManifestExpectations,
): string[] {
  const name = idOf(manifest);
  const parsed = podSchema.safeParse(podPartOf(manifest));
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => `${name}: ${path.join('.')}: ${message}`);
  const pod = parsed.data;
  const account = find(manifests, 'ServiceAccount', pod.serviceAccountName);
  return problemsOf(name, {
    'another image': pod.containers[0].image === image,
    'it is killed before it has stopped': pod.terminationGracePeriodSeconds * 1_000 > stopTimeoutMs,
    'its account has a token': account?.['automountServiceAccountToken'] === false,
    'a setting names a file that is not mounted': pod.containers[0].env.every(
      ({ name, value }) =>
        !name.endsWith('_FILE') || mountedIn(pod).includes(value.replace('/run/secrets/', '')),
    ),
  });
}

function jobProblems(manifests: readonly ParsedManifest[]): string[] {
  const pod = podOf(find(manifests, 'Job', 'provision'));
  const secrets = provisionSecrets();
  return problemsOf('provision', {
    'another command': same(pod?.containers[0].args, ['deploy/provision.ts'], true),
    'other secrets than it needs': same(mountedIn(pod), Object.values(secrets)),
  });
}

function ingressProblems(manifests: readonly ParsedManifest[]): string[] {
  const text = JSON.stringify(manifests.filter(({ kind }) => kind === 'Ingress'));
  const named = [...text.matchAll(/"service":\{"name":"([\w-]+)-edge"/g)].map(([, name = '']) => name);
  const edges = serviceNames.filter((name) => (services[name] as ServiceDescription).edge === true);
  return problemsOf('ingress', { 'not exactly the edges are reached': same(named, edges) });
}

const spec = (shape: z.ZodRawShape) => z.looseObject({ spec: z.looseObject(shape) });
const asks = (path: string) =>
  z.object({ httpGet: z.object({ path: z.literal(path), port: z.literal('http') }) });
const idOf = ({ kind, metadata }: ParsedManifest) => `${kind} ${metadata.name}`;

function find(manifests: readonly ParsedManifest[], kind: string, name: string): ParsedManifest | undefined {
  return manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
}

const podsOf = (manifests: readonly ParsedManifest[]) =>
  manifests.filter(({ kind }) =>
    ['Deployment', 'StatefulSet', 'Job', 'DaemonSet', 'CronJob', 'Pod'].includes(kind),
  );

function podPartOf(manifest: ParsedManifest | undefined): unknown {
  const shape = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: z.unknown() }) }) });
  return shape.safeParse(manifest).data?.spec.template.spec;
}

const podOf = (manifest: ParsedManifest | undefined): Pod | undefined =>
  podSchema.safeParse(podPartOf(manifest)).data;

/** Names of secrets; each must be mounted under its own name. */
function mountedIn(pod: Pod | undefined): readonly string[] {
  const sources = pod?.volumes.flatMap(({ projected }) => projected?.sources ?? []) ?? [];
  return sources.map(({ secret: { name, items } }) =>
    items.length === 1 && items[0]?.key === name && items[0].path === name
      ? name
      : `${name} under another name`,
  );
}

const peer = z.union([
  z.strictObject({
    podSelector: z.object({ matchLabels: z.object({ 'app.kubernetes.io/name': z.string() }) }),
  }),
  z.strictObject({ namespaceSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
]);
const oneRule = z.looseObject({
  spec: z.looseObject({
    ingress: z.tuple([z.strictObject({ from: z.array(peer).min(1), ports: z.array(z.unknown()).length(1) })]),
  }),
});

/** Names of the bank's own pods that a policy lets in; undefined when it may let in anybody. */
function callersIn(policy: ParsedManifest | undefined): readonly string[] | undefined {
  const peers = oneRule.safeParse(policy).data?.spec.ingress[0].from;
  return peers?.flatMap((given) =>
    'podSelector' in given ? [given.podSelector.matchLabels['app.kubernetes.io/name']] : [],
  );
}

function callersOf(name: string): readonly string[] {
  return serviceNames.filter((caller) => (services[caller] as ServiceDescription).calls.includes(name));
}

function problemsOf(who: string, holds: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(holds).flatMap(([problem, isFine]) => (isFine ? [] : [`${who}: ${problem}`]));
}

function same(given: readonly string[] | undefined, expected: readonly string[], ordered = false): boolean {
  const inOrder = (names: readonly string[]) => JSON.stringify(ordered ? names : names.toSorted());
  return given !== undefined && inOrder(given) === inOrder(expected);
}

function sameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const lines = (record: Readonly<Record<string, string>>) =>
    Object.entries(record).map((entry) => entry.join('='));
  return same(lines(a), lines(b));
}
