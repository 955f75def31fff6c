// The engine in the chassis' HTTP server: what the chassis knows of a request (ids, deadline, caller) counts here too,
// its span tells the operation, mutations leave a line in the log, and bugs say nothing but the correlation id.
import type { FastifyInstance } from 'fastify';
import { Kind, type OperationDefinitionNode } from 'graphql';
import { currentContext, publicFault, type Caller as BankCaller, type Logger } from '@simplebank/chassis';
import type { Engine } from '../engine.ts';
import type { Caller, GatewayAnswer, RequestHandler } from '../gateway-request.ts';
import { passedOnHeaders } from './bank-subgraphs.ts';
import { anonymous } from '../http/front-options.ts';
import { createHttpFront } from '../http/http-front.ts';
import type { KnownRequest } from '../http/http-message.ts';
import { registerFastify } from '../http/register-fastify.ts';
import { PlanningFailed } from '../planner/planner.ts';

export async function serveBankFront(app: FastifyInstance, engine: Engine, log: Logger): Promise<void> {
  const front = createHttpFront(told(engine, log), {
    forwardHeaders: ['authorization', ...passedOnHeaders],
    report: ({ error }) => reportBug(log, error),
  });
  await registerFastify(app, front, { knownOf });
}

export function reportBug(log: Logger, err: unknown): void {
  currentContext()?.span?.fail(err instanceof PlanningFailed ? 'PLANNING_FAILED' : 'INTERNAL_ERROR');
  log.error({ err }, 'request failed');
}

/** The chassis has verified the token already, and a forged one never comes this far. */
function knownOf(): KnownRequest {
  const context = currentContext();
  if (context === undefined) return {};
  const { correlationId, traceparent, deadlineAt, caller } = context;
  return {
    correlationId,
    traceparent,
    caller: caller === undefined ? anonymous : callerOf(caller),
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
  };
}

function callerOf({ scopes }: BankCaller): Caller {
  return { isAuthenticated: true, scopes, policies: anonymous.policies };
}

/** Around the engine, in the request's own context. */
function told(engine: Engine, log: Logger): RequestHandler {
  return {
    async handle(request) {
      const { documents } = engine.generation;
      const answer = await engine.handle(request);
      const operation = documents.peek(request.query, request.operationName);
      if (operation !== undefined) tell(operation, log);
      return masked(answer);
    },
  };
}

function tell({ operation, name, selectionSet }: OperationDefinitionNode, log: Logger): void {
  // Type and name, never the document or its variables.
  currentContext()?.span?.set({
    'graphql.operation.type': operation,
    ...(name === undefined ? {} : { 'graphql.operation.name': name.value }),
  });
  if (operation !== 'mutation') return;
  // So that a mutation's correlation id is found here too.
  const fields = selectionSet.selections.flatMap((field) =>
    field.kind === Kind.FIELD ? [field.name.value] : [],
  );
  log.info({ fields }, 'mutation');
}

function masked(answer: GatewayAnswer): GatewayAnswer {
  if (answer.kind !== 'refused' || answer.errors[0]?.extensions?.['code'] !== 'INTERNAL_ERROR') return answer;
  const { code, message } = publicFault(undefined);
  const correlationId = currentContext()?.correlationId;
  return { ...answer, errors: [{ message, extensions: { code, correlationId } }] };
}
