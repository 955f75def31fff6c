// Secrets as files: `DATABASE_URL_FILE` names the file that holds `DATABASE_URL`. Container engines hand secrets
// over like this, because an environment is shown to whoever may look at a process.
import { readFileSync } from 'node:fs';
import { ConfigError, type Environment } from './config.ts';

/** Only names of secrets: URLs with passwords and keys. SUPERGRAPH_FILE and SSL_CERT_FILE just name files. */
const secretFile = /^(\w+_(?:URL|SECRET)|DATABASE_URL_\w+)_FILE$/;

/**
 * A copy of the environment in which each `<NAME>_FILE` has become `<NAME>` with the file's trimmed content.
 * Throws ConfigError when a file cannot be read or is empty, and when a secret is given in both ways.
 */
export function readSecretFiles(environment: Environment): Environment {
  const read: Record<string, string | undefined> = { ...environment };
  const problems: string[] = [];
  for (const [setting, file] of Object.entries(environment)) {
    const name = secretFile.exec(setting)?.[1];
    if (name === undefined || file === undefined || file === '') continue;
    delete read[setting];
    const given = environment[name];
    if (given === undefined || given === '') read[name] = contentOf(setting, file, problems);
    else problems.push(`${name}: given twice, also by ${setting}`);
  }
  if (problems.length > 0) throw new ConfigError('the process', problems);
  return read;
}

function contentOf(setting: string, file: string, problems: string[]): string | undefined {
  try {
    const content = readFileSync(file, 'utf8').trim();
    if (content !== '') return content;
    problems.push(`${setting}: ${file} is empty`);
  } catch (error) {
    problems.push(`${setting}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return undefined;
}
