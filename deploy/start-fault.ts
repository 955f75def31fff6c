// Why the bank did not start, said to the person who started it: which part, and which setting would help.

/** Of every server; `PORT_<NAME>` in the environment. */
export function portSettingOf(name: string): string {
  return `PORT_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** Says all that its cause does. */
class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

/** Runs the start of one part; a fault of it names the part and, for a port that is taken, its setting. */
export async function startingPart<T>(name: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (fault) {
    const text = fault instanceof Error ? fault.message : String(fault);
    if (!/EADDRINUSE|PORT_IN_USE/.test(text)) throw fault;
    const address = /\d+\.\d+\.\d+\.\d+:\d+/.exec(text)?.[0] ?? 'its port';
    throw new PortTaken(
      `${name} cannot start: ${address} is taken; ${portSettingOf(name)} sets another port`,
      {
        cause: fault,
      },
    );
  }
}

/** One line without a stack trace: what failed, and what each says was its cause. */
export function textOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const { message, cause } = fault;
  // Node's fault of a connection that was tried at several addresses has no text of its own.
  const own = message === '' && 'code' in fault ? String(fault.code) : message;
  // Some faults quote their cause already.
  if (cause === undefined || fault instanceof PortTaken || own.includes(textOf(cause))) return own;
  return `${own}: ${textOf(cause)}`;
}

/** Several parts often fail for one reason, which is then said once. */
export function faultOf(faults: readonly unknown[]): Error {
  const texts = new Set(faults.map(textOf));
  return new AggregateError(faults, [...texts].join('\n'));
}
