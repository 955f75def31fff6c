// Asks the server in the same container whether it is well, for engines that can only run a program: exit code 0 when
// PROBE_URL answers with success. The image has no tool such as curl.

/** Below the time that compose file and manifests give a probe. */
const answerTimeoutMs = 2_000;

const url = process.env['PROBE_URL'] ?? '';
const said = await fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) }).then(
  ({ ok, status }) => (ok ? undefined : `answers ${status}`),
  (error: unknown) => `does not answer: ${String(error)}`,
);
if (said !== undefined) process.stderr.write(`PROBE_URL ${url} ${said}\n`);
process.exitCode = said === undefined ? 0 : 1;
