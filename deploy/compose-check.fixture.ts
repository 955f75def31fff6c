// What docker-compose.yml must say, as a list of what it says wrongly. It works on the parsed document, so that a test
// can also show that it notices a document that is wrong.
import { z } from 'zod';
import {
  containerOf,
  provisionSecrets,
  secretSettings,
  secretsFolder,
  serviceNames,
  signingKeySecret,
} from './container.ts';
import { outside, services, type ServiceDescription, type ServiceName } from '../topology.ts';

const text = z.union([z.string(), z.number()]).transform(String);
const container = z.looseObject({
  image: z.string(),
  command: z.array(z.string()),
  user: z.string().optional(),
  environment: z.record(z.string(), text).default({}),
  secrets: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  tmpfs: z.array(z.string()).default([]),
  healthcheck: z.looseObject({ test: z.array(z.string()).optional() }).optional(),
  stop_grace_period: z.string().optional(),
  deploy: z.looseObject({ resources: z.object({ limits: z.object({ cpus: text, memory: z.string() }) }) }),
});
const composeSchema = z.looseObject({
  services: z.record(z.string(), container),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  networks: z.record(z.string(), z.looseObject({ internal: z.boolean().optional() })),
});

type Container = z.output<typeof container>;
type Compose = z.output<typeof composeSchema>;

const infrastructure = ['postgres', 'redis'];
const beside = [...infrastructure, 'provision', 'exchange'];
/** Without a value that a test could compare: they are the person's who starts it. */
const freeSettings = ['SEED_DEMO', 'LOG_LEVEL', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
const probe = ['CMD', 'node', 'deploy/probe.ts'];

export interface ComposeExpectations {
  readonly image: string;
  readonly stopTimeoutMs: number;
}

export function composeProblems(document: unknown, expected: ComposeExpectations): readonly string[] {
  const parsed = composeSchema.safeParse(document);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const compose = parsed.data;
  const said: string[] = [];
  const check = (isTrue: boolean, problem: string) => void (isTrue || said.push(problem));
  check(same(Object.keys(compose.services), [...serviceNames, ...beside]), 'not exactly the services');
  check(compose.networks['inside']?.internal === true, 'the inner network reaches the outside');
  for (const [name, given] of Object.entries(compose.services)) {
    const problems = [
      ...hardeningProblems(given),
      ...(infrastructure.includes(name) ? foreignImageProblems(given) : ownImageProblems(given, expected)),
      ...(name in services ? serviceProblems(name as ServiceName, given) : []),
      ...(name in services ? [] : publishingProblems(false, given)),
    ];
    said.push(...problems.map((problem) => `${name}: ${problem}`));
  }
  check(isProvision(compose.services['provision']), 'provision: not what the job needs');
  check(isExchange(compose.services['exchange']), 'exchange: not what the exchange needs');
  return [...said, ...secretProblems(compose), ...circles(compose).map((name) => `${name} waits for itself`)];
}

function hardeningProblems(given: Container): string[] {
  const { cpus, memory } = given.deploy.resources.limits;
  return problemsOf({
    'its file system can be written': given['read_only'] === true,
    'it has no /tmp': given.tmpfs.some((mount) => mount.startsWith('/tmp')),
    'it keeps capabilities': same(given['cap_drop'], ['ALL']) && given['cap_add'] === undefined,
    'it may gain privileges': same(given['security_opt'], ['no-new-privileges:true']),
    'it is privileged': given['privileged'] !== true,
    'it has no limits': Number(cpus) > 0 && /^\d+[MG]$/.test(memory),
    'it is not started again': /^(unless-stopped|on-failure)$/.test(String(given['restart'])),
    'a fixed name keeps it from being scaled': given['container_name'] === undefined,
    'it has no health check':
      given.healthcheck?.test !== undefined || given.healthcheck?.['disable'] === true,
    'a secret stands in its environment': !Object.entries(given.environment).some(isSecretValue),
  });
}

/** A password in a URL, or a setting of a secret that is not read from a file. */
function isSecretValue([setting, value]: [string, string]): boolean {
  return (
    /:\/\/[^/]*:[^/]*@/.test(value) || /(SECRET|PASSWORD|_URL|TOKEN)$/.test(setting.replace('PROBE_URL', ''))
  );
}

function foreignImageProblems({ image, user }: Container): string[] {
  return problemsOf({
    'its image is not pinned to a release': /^[a-z]+:\d+\.\d+[\w.-]*$/.test(image),
    'it runs as root': /^[1-9]\d*:[1-9]\d*$/.test(user ?? ''),
  });
}

function ownImageProblems(given: Container, { image, stopTimeoutMs }: ComposeExpectations): string[] {
  const graceMs = Number(/^(\d+)s$/.exec(given.stop_grace_period ?? '')?.[1]) * 1_000;
  return problemsOf({
    'another image': given.image === image,
    'it sets another user than the image': given.user === undefined,
    'it is killed before it has stopped': graceMs > stopTimeoutMs,
  });
}

function serviceProblems(name: ServiceName, given: Container): string[] {
  const { edge = false }: ServiceDescription = services[name];
  const { arguments: args, port, settings, secrets } = containerOf(name);
  const environment = Object.fromEntries(
    Object.entries(given.environment).filter(([setting]) => !freeSettings.includes(setting)),
  );
  const expected = {
    ...settings,
    ...secretSettings(secrets),
    PROBE_URL: `http://127.0.0.1:${port}/readyz`,
    // Browsers on this machine know identity by another address than the containers.
    ...(name === 'bff-web' ? { IDENTITY_BROWSER_ORIGIN: `http://127.0.0.1:${services.identity.port}` } : {}),
  };
  const files = name === 'identity' ? [signingKeySecret] : [];
  return [
    ...problemsOf({
      'another command': inOrder(given.command, args),
      'other settings than it needs': sameRecord(environment, expected),
      'other secrets than it needs': same(given.secrets, [...Object.values(secrets), ...files]),
      'it waits for others than it needs': sameRecord(conditionsOf(given), waitsOf(name)),
      'its readiness is not asked': inOrder(given.healthcheck?.test ?? [], probe),
    }),
    ...publishingProblems(edge, given, port),
  ];
}

/** Only an edge is published, on this machine, by a range that the person who starts it chooses. */
function publishingProblems(edge: boolean, { ports, networks }: Container, port = 0): string[] {
  const published = new RegExp(String.raw`^127\.0\.0\.1:\$\{[A-Z_]+_PORTS:-${port}\}:${port}$`);
  return problemsOf({
    'it is published': edge || ports.length === 0,
    'it is not published on this machine by a range':
      !edge || (ports.length === 1 && published.test(ports[0] ?? '')),
    'it is in other networks': same(networks, edge ? ['inside', 'edge'] : ['inside']),
  });
}

const conditionsOf = ({ depends_on: waits }: Container) =>
  Object.fromEntries(Object.entries(waits).map(([name, { condition }]) => [name, condition] as const));

function waitsOf(name: ServiceName): Record<string, string> {
  const { calls, database }: ServiceDescription = services[name];
  const waits: Record<string, string> = {};
  if (database) waits['provision'] = 'service_completed_successfully';
  if ('REDIS_URL' in containerOf(name).secrets) waits['redis'] = 'service_healthy';
  for (const called of calls) waits[called] = called in services ? 'service_started' : 'service_healthy';
  // Each asks the other; customers needs identity's keys, identity needs customers not before somebody signs in.
  if (name === 'identity') delete waits['customers'];
  return waits;
}

function isProvision(given: Container | undefined): boolean {
  const secrets = provisionSecrets();
  return (
    given !== undefined &&
    inOrder(given.command, ['deploy/provision.ts']) &&
    sameRecord(given.environment, secretSettings(secrets)) &&
    same(given.secrets, Object.values(secrets)) &&
    sameRecord(conditionsOf(given), { postgres: 'service_healthy' })
  );
}

function isExchange(given: Container | undefined): boolean {
  return (
    given !== undefined &&
    inOrder(given.command, ['exchange/main.ts']) &&
    same(given['volumes'], ['exchange:/data']) &&
    sameRecord(given.environment, {
      EXCHANGE_LISTEN_HOST: '0.0.0.0',
      EXCHANGE_DATA_DIR: '/data',
      PROBE_URL: `http://127.0.0.1:${outside.exchange.controlPort}/healthz`,
    })
  );
}

function secretProblems({ services: containers, secrets }: Compose): string[] {
  const used = new Set(Object.values(containers).flatMap((given) => given.secrets));
  const mounted = Object.values(containers).flatMap(({ environment }) =>
    Object.entries(environment).flatMap(([setting, value]) => (setting.endsWith('_FILE') ? [value] : [])),
  );
  return problemsOf({
    'secrets: declared and used are not the same': same(Object.keys(secrets), [...used]),
    'secrets: not in deploy/secrets under their own names': Object.entries(secrets).every(
      ([name, { file }]) => file === `./deploy/secrets/${name}`,
    ),
    'secrets: a setting names a file that is not mounted': mounted.every((file) =>
      used.has(file.replace(`${secretsFolder}/`, '')),
    ),
  });
}

/** Names that wait, by way of others, for themselves; compose refuses such a file. */
function circles({ services: containers }: Compose): string[] {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    Object.keys(containers[from]?.depends_on ?? {}).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return Object.keys(containers).filter((name) => reaches(name, name));
}

const problemsOf = (holds: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(holds).flatMap(([problem, isFine]) => (isFine ? [] : [problem]));

const inOrder = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

function same(given: unknown, expected: readonly string[]): boolean {
  return Array.isArray(given) && inOrder(given.map(String).toSorted(), expected.toSorted());
}

function sameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const lines = (record: Readonly<Record<string, string>>) =>
    Object.entries(record).map(([key, value]) => `${key}=${value}`);
  return same(lines(a), lines(b));
}
