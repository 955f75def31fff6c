// FIX's UTCTimestamp, `YYYYMMDD-HH:MM:SS.sss`, to and from milliseconds since the epoch.

const PATTERN = /^(\d{4})(\d{2})(\d{2})-(\d{2}:\d{2}:\d{2}(?:\.\d{3})?)$/;

export function formatFixTime(epochMs: number): string {
  const iso = new Date(epochMs).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}-${iso.slice(11, 23)}`;
}

/** Undefined when the text is not such a time, also for a day that does not exist. */
export function parseFixTime(text: string): number | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const epochMs = Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}Z`);
  return Number.isNaN(epochMs) ? undefined : epochMs;
}
