// From an execution's result to the JSON text of the answer.
import type { ExecutionResult } from './execution.ts';
import type { GatewayAnswer } from './gateway-request.ts';
import type { DeferredPayload } from './reference/incremental.ts';

export type ExecutedAnswer = Extract<GatewayAnswer, { kind: 'executed' }>;

export function writeResult({
  data,
  errors,
  extensions,
}: ExecutionResult & { readonly extensions?: Readonly<Record<string, unknown>> }): ExecutedAnswer {
  const hasErrors = errors.length > 0;
  // One call: a text put together from parts would be copied once more before it is sent.
  const text = JSON.stringify({ data, errors: hasErrors ? errors : undefined, extensions });
  return { kind: 'executed', text, hasData: data !== null, hasErrors };
}

export function writeIncremental(payloads: AsyncIterable<DeferredPayload>): GatewayAnswer {
  return { kind: 'incremental', payloads: texts(payloads) };
}

async function* texts(payloads: AsyncIterable<DeferredPayload>): AsyncIterable<string> {
  for await (const payload of payloads) yield JSON.stringify(payload);
}
