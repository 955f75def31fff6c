// What the command line, the environment and the config file say, in this order of precedence.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigInvalid, readGatewayConfig, type GatewayConfig } from './gateway-config.ts';

export const usage = `simplebank-gateway --supergraph FILE [options]

  --supergraph FILE   the composed supergraph         GATEWAY_SUPERGRAPH
  --port PORT         default 4000; 0: any free one   GATEWAY_PORT
  --host HOST         default 127.0.0.1               GATEWAY_HOST
  --config FILE       all other settings, as JSON     GATEWAY_CONFIG
  --development       introspection, plans, traces    GATEWAY_DEVELOPMENT=true
  --explain QUERY     prints the query's plan as text and ends; - reads the query from standard input
  --version
  --help`;

export type CliTask =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'serve'; readonly config: GatewayConfig }
  /** `query` may be `-`: standard input. */
  | { readonly kind: 'explain'; readonly config: GatewayConfig; readonly query: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** Rejects with ConfigInvalid. */
export async function readCliSettings(args: readonly string[], env: Environment): Promise<CliTask> {
  const flags = readFlags(args);
  if (flags.help === true) return { kind: 'help' };
  if (flags.version === true) return { kind: 'version' };
  const file = flags.config ?? env['GATEWAY_CONFIG'];
  const fromFile = file === undefined ? {} : await readConfigFile(file);
  const set = {
    supergraph: flags.supergraph ?? env['GATEWAY_SUPERGRAPH'],
    host: flags.host ?? env['GATEWAY_HOST'],
    port: portOf(flags.port, '--port') ?? portOf(env['GATEWAY_PORT'], 'GATEWAY_PORT'),
    development: flags.development ?? flagOf(env['GATEWAY_DEVELOPMENT'], 'GATEWAY_DEVELOPMENT'),
  };
  const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  const settings = { ...fromFile, ...given };
  if (!('supergraph' in settings)) {
    throw new ConfigInvalid('No supergraph is given: use --supergraph FILE. See --help.');
  }
  const config = readGatewayConfig(settings);
  const { explain: query } = flags;
  return query === undefined ? { kind: 'serve', config } : { kind: 'explain', config, query };
}

function readFlags(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        supergraph: { type: 'string' },
        port: { type: 'string' },
        host: { type: 'string' },
        config: { type: 'string' },
        development: { type: 'boolean' },
        explain: { type: 'string' },
        version: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (cause) {
    // parseArgs goes on about positional arguments after its first sentence.
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('. ');
    throw new ConfigInvalid(`${reason.replace(/\.$/, '')}. See --help.`, { cause });
  }
}

async function readConfigFile(file: string): Promise<object> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigInvalid(`The config file ${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new ConfigInvalid(`The config file ${file} is not JSON: ${reasonOf(cause)}`, { cause });
  }
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config;
  throw new ConfigInvalid(`The config file ${file} is no JSON object.`);
}

function portOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text)) throw new ConfigInvalid(`${name}: ${JSON.stringify(text)} is no port.`);
  return Number(text);
}

function flagOf(text: string | undefined, name: string): boolean | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  throw new ConfigInvalid(`${name}: ${JSON.stringify(text)} is neither true nor false.`);
}

function reasonOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
