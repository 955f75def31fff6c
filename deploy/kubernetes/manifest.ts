// The shape that all manifests share, and the few names that several of them must agree on.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [part: string]: unknown;
}

export const namespace = 'simplebank';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));

/** kustomization.yaml is where a deployment puts its registry before it. */
export const imageName = 'simplebank';
export const imageTag = version;

/** What selectors select by: it must never change while a deployment lives. */
export function selectorOf(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name };
}

export function labelsOf(name: string): Record<string, string> {
  return { ...selectorOf(name), 'app.kubernetes.io/part-of': namespace };
}

/** No process of the bank talks to Kubernetes, so none gets a token for it. */
export function serviceAccount(name: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, labels: labelsOf(name) },
    automountServiceAccountToken: false,
  };
}
