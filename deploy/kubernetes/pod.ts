// The pod of any process of the bank: one container of the one image, as locked up as it can be.
import { containerUser, secretSettings, secretsFolder } from '../container.ts';
import { imageName, imageTag, labelsOf } from './manifest.ts';

/** Above the 15 s after which a process that does not stop ends itself. */
const graceSeconds = 30;
/** Compiled code, and nothing else, is written there. */
const temporarySpace = '64Mi';

interface PodOptions {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** Secret settings and the secret each is read from. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Further secrets, mounted beside the others under their own names. */
  readonly files?: readonly string[];
  readonly resources: { readonly requests: object; readonly limits: object };
  /** Ports and probes. */
  readonly container?: object;
  readonly mounts?: readonly object[];
  readonly pod?: object;
}

export function podTemplate(options: PodOptions): object {
  const { name, settings, secrets, files = [], mounts = [] } = options;
  const mounted = [...Object.values(secrets), ...files];
  const env = Object.entries({ ...settings, ...secretSettings(secrets) });
  return {
    metadata: { labels: labelsOf(name) },
    spec: {
      serviceAccountName: name,
      automountServiceAccountToken: false,
      // Otherwise a Service named `exchange` would set EXCHANGE_PORT to an address.
      enableServiceLinks: false,
      terminationGracePeriodSeconds: graceSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: containerUser,
        runAsGroup: containerUser,
        fsGroup: containerUser,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...options.pod,
      containers: [
        {
          name,
          image: `${imageName}:${imageTag}`,
          args: options.arguments,
          env: env.map(([setting, value]) => ({ name: setting, value })),
          ...options.container,
          resources: options.resources,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'temporary', mountPath: '/tmp' },
            ...(mounted.length === 0 ? [] : [{ name: 'secrets', mountPath: secretsFolder, readOnly: true }]),
            ...mounts,
          ],
        },
      ],
      volumes: [
        { name: 'temporary', emptyDir: { sizeLimit: temporarySpace } },
        ...(mounted.length === 0 ? [] : [secretsVolume(mounted)]),
      ],
    },
  };
}

/** Each secret's one key has the secret's own name, and so has the file. */
function secretsVolume(names: readonly string[]): object {
  const sources = names.map((name) => ({ secret: { name, items: [{ key: name, path: name }] } }));
  return { name: 'secrets', projected: { defaultMode: 0o440, sources } };
}
