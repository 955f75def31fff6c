// Whether a network policy lets a pod out to the internet, as the file says it and not as the program means it.
import { z } from 'zod';

/** Where the cluster's own machines, pods and services are, and where a machine tells its secrets (169.254.169.254). */
const inside = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'];

const blocks = z.array(
  z.object({ ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }) }),
);
const policy = z.object({
  spec: z.object({
    egress: z.array(z.object({ to: z.unknown().optional(), ports: z.array(z.object({ port: z.number() })) })),
  }),
});

/** `beyond`: also by other ports than HTTPS or to what is inside, or there is no policy. */
export function internetOf(manifest: unknown): 'none' | 'https' | 'beyond' {
  const parsed = policy.safeParse(manifest);
  if (!parsed.success) return 'beyond';
  const rules = parsed.data.spec.egress.flatMap(({ to, ports }) => {
    const found = blocks.safeParse(to);
    return found.success ? [{ blocks: found.data, ports: ports.map(({ port }) => port) }] : [];
  });
  if (rules.length === 0) return 'none';
  const isNarrow = rules.every(
    (rule) =>
      rule.ports.join() === '443' &&
      rule.blocks.every(
        ({ ipBlock: { cidr, except } }) => cidr === '::/0' || inside.every((range) => except.includes(range)),
      ),
  );
  return isNarrow ? 'https' : 'beyond';
}
