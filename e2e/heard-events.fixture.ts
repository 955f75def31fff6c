// What a subscriber has heard of its order, held against the order's own log: each event once, in order, to the end.

export interface HeardEvent {
  readonly id: string;
  readonly sequence: number;
  readonly type: string;
}

const lastOfAll = 'ORDER_COMPLETED';

/** What is wrong with it, a sentence each; none when the subscriber has the whole story. */
export function faultsIn(heard: readonly HeardEvent[], log: readonly HeardEvent[]): string[] {
  return [...faultsInLog(log), ...lostOrDoubled(heard, log), ...outOfOrder(heard), ...unended(heard)];
}

/** The log is the truth here, so it must be one: numbered without a hole, and ended once. */
function faultsInLog(log: readonly HeardEvent[]): string[] {
  const isNumbered = log.every(({ sequence }, index) => sequence === index + 1);
  const ends = log.flatMap(({ type }, index) => (type === lastOfAll ? [index] : []));
  return [
    ...(isNumbered ? [] : [`the log has a hole: ${log.map(written).join(', ')}`]),
    ...(ends.join() === String(log.length - 1) ? [] : ['the log does not end with its only terminal event']),
  ];
}

function lostOrDoubled(heard: readonly HeardEvent[], log: readonly HeardEvent[]): string[] {
  const times = new Map(log.map((event) => [written(event), 0]));
  const unknown: string[] = [];
  for (const event of heard) {
    const name = written(event);
    const known = times.get(name);
    if (known === undefined) unknown.push(`${name} is not in the log`);
    else times.set(name, known + 1);
  }
  const wrong = [...times].flatMap(([name, count]) => {
    if (count === 1) return [];
    return [count === 0 ? `${name} was lost` : `${name} came ${count} times`];
  });
  return [...unknown, ...wrong];
}

function outOfOrder(heard: readonly HeardEvent[]): string[] {
  return heard.flatMap((event, index) => {
    const before = heard[index - 1];
    if (before === undefined || before.sequence <= event.sequence) return [];
    return [`${written(event)} came after ${written(before)}`];
  });
}

function unended(heard: readonly HeardEvent[]): string[] {
  return heard.at(-1)?.type === lastOfAll ? [] : [`the terminal event was not the last one heard`];
}

function written({ id, sequence, type }: HeardEvent): string {
  return `${sequence} ${type} ${id}`;
}
