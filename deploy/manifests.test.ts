// Holds the Kubernetes manifests against topology.ts, and shows that it would notice.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { outdatedFiles } from './kubernetes/generate.ts';
import { imageName, imageTag } from './kubernetes/manifest.ts';
import { manifestProblems, type ParsedManifest } from './manifests-check.fixture.ts';

type Branch = Record<string, unknown>;

const folder = new URL('./kubernetes/', import.meta.url);
const textOf = (file: string) => readFileSync(new URL(file, folder), 'utf8');
const stopTimeout = /stopTimeoutMs = ([\d_]+)/.exec(textOf('../service-process.ts'))?.[1] ?? '';
const expected = {
  image: `${imageName}:${imageTag}`,
  stopTimeoutMs: Number(stopTimeout.replaceAll('_', '')),
};
const kustomization = parse(textOf('kustomization.yaml')) as { resources: string[]; images: object[] };
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
const manifests = () =>
  files.flatMap((file) =>
    parseAllDocuments(textOf(file)).map((document) => document.toJS() as ParsedManifest),
  );

test('the manifests are those that the program generates now', () => {
  assert.deepEqual(outdatedFiles(), []);
});

test('the manifests give every service of the topology exactly what it needs', () => {
  assert.deepEqual(manifestProblems(manifests(), expected), []);
});

test('kustomize takes every file, and an image of a release', () => {
  assert.deepEqual(kustomization.resources.toSorted(), files.toSorted());
  assert.deepEqual(kustomization.images, [{ name: imageName, newName: imageName, newTag: imageTag }]);
  assert.match(imageTag, /^\d+\.\d+\.\d+$/);
});

test('kubectl builds the kustomization', (context) => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
  } catch {
    return context.skip('there is no kubectl on this machine');
  }
  const built = execFileSync('kubectl', ['kustomize', fileURLToPath(folder)], { encoding: 'utf8' });
  const documents = parseAllDocuments(built).map((document) => document.toJS() as ParsedManifest);
  assert.equal(documents.length, manifests().length);
  assert.deepEqual(manifestProblems(documents, expected), []);
});

/** What is at `path` in the object of this kind and name; a number is a place in a list. */
function at(all: ParsedManifest[], kind: string, name: string, path: string): Branch {
  const found = all.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  return path.split('.').reduce((branch, key) => branch[key] as Branch, found as Branch);
}

const pod = 'spec.template.spec';
const container = `${pod}.containers.0`;
const changes: readonly (readonly [string, string, (all: ParsedManifest[]) => void])[] = [
  [
    'a service is missing',
    'not exactly the services',
    (all) => all.splice(indexOf(all, 'Deployment', 'fees'), 1),
  ],
  ['an object stands there twice', 'twice', (all) => all.push(structuredClone(all[0] as ParsedManifest))],
  [
    'a command is another',
    'orders: another command',
    (all) => (at(all, 'Deployment', 'orders', container)['args'] = ['x']),
  ],
  [
    'a port is another',
    'orders: another port',
    (all) => (at(all, 'Deployment', 'orders', `${container}.ports.0`)['containerPort'] = 1),
  ],
  [
    'the gateway gets a database',
    'gateway: other settings',
    (all) =>
      (at(all, 'Deployment', 'gateway', container)['env'] as object[]).push({
        name: 'DATABASE_URL_FILE',
        value: 'x',
      }),
  ],
  [
    'a secret is a value',
    'a secret stands',
    (all) => (at(all, 'Deployment', 'fees', `${container}.env.0`)['value'] = 'postgres://fees:x@db/fees'),
  ],
  [
    'a secret is in the folder',
    'a secret stands',
    (all) => all.push({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }),
  ],
  [
    'a secret is not mounted',
    'other secrets',
    (all) => (at(all, 'Deployment', 'fees', `${pod}.volumes.1.projected`)['sources'] = []),
  ],
  [
    'readiness asks for life',
    'orders: its probes',
    (all) => (at(all, 'Deployment', 'orders', `${container}.readinessProbe.httpGet`)['path'] = '/healthz'),
  ],
  [
    'a liveness probe is missing',
    'orders: its probes',
    (all) => delete at(all, 'Deployment', 'orders', container)['livenessProbe'],
  ],
  [
    'a pod runs as root',
    'runAsUser',
    (all) => (at(all, 'Deployment', 'orders', `${pod}.securityContext`)['runAsUser'] = 0),
  ],
  [
    'a file system can be written',
    'readOnlyRootFilesystem',
    (all) =>
      (at(all, 'StatefulSet', 'exchange', `${container}.securityContext`)['readOnlyRootFilesystem'] = false),
  ],
  [
    'capabilities are kept',
    'capabilities',
    (all) => delete at(all, 'Job', 'provision', `${container}.securityContext`)['capabilities'],
  ],
  [
    'seccomp is off',
    'seccompProfile',
    (all) => delete at(all, 'Deployment', 'fees', `${pod}.securityContext`)['seccompProfile'],
  ],
  [
    'limits are missing',
    'limits',
    (all) => delete at(all, 'Deployment', 'fees', `${container}.resources`)['limits'],
  ],
  [
    'an image is latest',
    'another image',
    (all) => (at(all, 'Deployment', 'fees', container)['image'] = 'simplebank:latest'),
  ],
  [
    'a pod gets a token',
    'automountServiceAccountToken',
    (all) => delete at(all, 'Deployment', 'fees', pod)['automountServiceAccountToken'],
  ],
  [
    'names of services become settings',
    'enableServiceLinks',
    (all) => delete at(all, 'Deployment', 'market', pod)['enableServiceLinks'],
  ],
  [
    'the grace period is short',
    'it is killed',
    (all) => (at(all, 'Deployment', 'fees', pod)['terminationGracePeriodSeconds'] = 5),
  ],
  [
    'a drain takes too long',
    'it drains longer',
    (all) => (at(all, 'Deployment', 'fees', container)['env'] = [{ name: 'DRAIN_MS', value: '60000' }]),
  ],
  [
    'an update removes first',
    'an update takes',
    (all) => (at(all, 'Deployment', 'fees', 'spec.strategy.rollingUpdate')['maxUnavailable'] = 1),
  ],
  [
    'replicas are fixed',
    'its number of replicas',
    (all) => (at(all, 'Deployment', 'fees', 'spec')['replicas'] = 3),
  ],
  [
    'replicas that are not ready are found',
    'its name does not stand',
    (all) => (at(all, 'Service', 'fees', 'spec')['publishNotReadyAddresses'] = true),
  ],
  [
    'a service has one address',
    'its name does not stand',
    (all) => delete at(all, 'Service', 'fees', 'spec')['clusterIP'],
  ],
  ['a budget is missing', 'evicted', (all) => all.splice(indexOf(all, 'PodDisruptionBudget', 'fees'), 1)],
  [
    'a budget is of another',
    'evicted',
    (all) =>
      (at(all, 'PodDisruptionBudget', 'fees', 'spec.selector.matchLabels')['app.kubernetes.io/name'] = 'x'),
  ],
  [
    'one replica is enough',
    'it is not scaled',
    (all) => (at(all, 'HorizontalPodAutoscaler', 'fees', 'spec')['minReplicas'] = 1),
  ],
  [
    'anybody may call the ledger',
    'accounts: others than its callers',
    (all) => (at(all, 'NetworkPolicy', 'accounts', 'spec')['ingress'] as object[]).push({}),
  ],
  [
    'a stranger may call the ledger',
    'accounts: others than its callers',
    (all) =>
      (at(all, 'NetworkPolicy', 'accounts', 'spec.ingress.0')['from'] as object[]).push({ podSelector: {} }),
  ],
  [
    'the ledger reaches the internet',
    'accounts: it reaches more',
    (all) =>
      (at(all, 'NetworkPolicy', 'accounts', 'spec')['egress'] as object[]).push({
        to: [{ ipBlock: { cidr: '0.0.0.0/0' } }],
        ports: [{ protocol: 'TCP', port: 443 }],
      }),
  ],
  [
    'pushes may go to what is inside',
    'bff-mobile: it reaches more',
    (all) => {
      const rules = at(all, 'NetworkPolicy', 'bff-mobile', 'spec')['egress'] as {
        to?: { ipBlock?: object }[];
      }[];
      for (const { to = [] } of rules)
        for (const { ipBlock } of to) if (ipBlock) Object.assign(ipBlock, { except: [] });
    },
  ],
  [
    'nothing is refused by default',
    'refused by default',
    (all) => all.splice(indexOf(all, 'NetworkPolicy', 'deny-all'), 1),
  ],
  [
    'the ledger has an ingress',
    'edges',
    (all) =>
      (at(all, 'Ingress', 'simplebank', 'spec.rules.0.http.paths.0.backend.service')['name'] =
        'accounts-edge'),
  ],
  [
    'provisioning misses a secret',
    'provision: other secrets',
    (all) => (at(all, 'Job', 'provision', `${pod}.volumes.1.projected`)['sources'] = []),
  ],
];

function indexOf(all: readonly ParsedManifest[], kind: string, name: string): number {
  const index = all.findIndex((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  assert(index >= 0);
  return index;
}

for (const [what, problem, change] of changes) {
  test(`it is noticed when ${what}`, () => {
    const changed = manifests();
    change(changed);
    const problems = manifestProblems(changed, expected);
    assert(
      problems.some((said) => said.includes(problem)),
      `${problem} is not in ${JSON.stringify(problems)}`,
    );
  });
}
