// The one place where a service reads its environment: by a zod schema, all mistakes reported at once.
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

export class ConfigError extends Error {
  constructor(service: string, problems: readonly string[]) {
    super(
      `${service} cannot start: ${problems.length} setting(s) are wrong\n${problems.map((p) => `  ${p}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/** Reads settings named as in the environment; an empty value counts as not set. Throws ConfigError. */
export function readConfig<Schema extends z.ZodObject>(
  service: string,
  environment: Environment,
  schema: Schema,
): z.infer<Schema> {
  const given: Record<string, string> = {};
  for (const key of Object.keys(schema.shape)) {
    const value = environment[key];
    if (value !== undefined && value !== '') given[key] = value;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    service,
    parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  );
}

/** A TCP port; 0 lets the system choose. */
export const portSetting = z.coerce.number().int().min(0).max(65535);

/** '1' and 'true' are true, '0' and 'false' are false. */
export const flagSetting = z
  .enum(['0', '1', 'true', 'false'])
  .transform((text) => text === '1' || text === 'true');

/** How many of something, 0 included. */
export const countSetting = z.coerce.number().int().min(0);

/** How much of something a second, 0 included. */
export const rateSetting = z.coerce.number().min(0);

/** A whole number of milliseconds, at least 1. */
export const millisecondsSetting = z.coerce.number().int().min(1);
