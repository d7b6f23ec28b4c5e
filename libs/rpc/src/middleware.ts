import { trace, type Context, type ContextAPI } from '@opentelemetry/api';
import { ServerError, type CallContext, type ServerMiddlewareCall } from 'nice-grpc-common';
import type { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import { deadlineExceeded, rawDeadline } from './deadline.ts';
import { internalError, invalidArgument, resourceExhausted, type FieldViolation } from './errors.ts';

/** Where the server writes what it cannot tell a caller. Pino's shape. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Whether an error says that someone gave up, and not that something broke. */
export function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** What a middleware gives: messages of a stream, or one at the end. */
export type Answers<Response> = ReturnType<typeof errorDetailsServerMiddleware<unknown, Response>>;

/** Runs every step of a generator in a trace context: a generator's body runs in the context of whoever asks for its next value. */
export async function* boundTo<Response>(
  context: Context,
  api: ContextAPI,
  answers: Answers<Response>,
): Answers<Response> {
  try {
    while (true) {
      const step = await api.with(context, () => answers.next());
      if (step.done) return step.value;
      yield step.value;
    }
  } finally {
    await api.with(context, () => answers.return(undefined));
  }
}

/** Lets errors that are meant for callers pass; logs any other and answers INTERNAL without a word of it. */
export function errorMapping(log: Log | undefined) {
  return async function* errorMappingMiddleware<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): Answers<Response> {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      if (error instanceof ServerError) throw error;
      if (isAbortError(error) && context.signal.aborted)
        throw Date.now() >= rawDeadline(context).getTime() ? deadlineExceeded() : error;
      log?.error({ err: error, path: call.method.path }, 'a call failed unexpectedly');
      throw internalError(trace.getActiveSpan()?.spanContext().traceId ?? '');
    }
  };
}

/** Refuses a call with RESOURCE_EXHAUSTED, reason TOO_MANY_CALLS, when that many calls of its method are under way. */
export function concurrencyLimit(maxOf: (path: string) => number) {
  const underWay = new Map<string, number>();
  return async function* concurrencyMiddleware<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): Answers<Response> {
    const path = call.method.path;
    const maxPerMethod = maxOf(path);
    const count = underWay.get(path) ?? 0;
    if (count >= maxPerMethod)
      throw resourceExhausted(
        'TOO_MANY_CALLS',
        `${maxPerMethod} calls of this method are under way; try again`,
        500,
      );
    underWay.set(path, count + 1);
    try {
      return yield* call.next(call.request, context);
    } finally {
      underWay.set(path, (underWay.get(path) ?? 1) - 1);
    }
  };
}

/** Refuses a request that breaks its rules with INVALID_ARGUMENT, before any handler sees it. */
export function validation(validate: (path: string, request: unknown) => readonly FieldViolation[]) {
  return async function* validationMiddleware<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): Answers<Response> {
    if (!call.requestStream) {
      const violations = validate(call.method.path, call.request);
      if (violations.length > 0) throw invalidArgument(violations);
    }
    return yield* call.next(call.request, context);
  };
}

/** Ends calls that last as long as their caller likes (health watches, reflection) when the server shuts down. */
export function endedBy(shutdown: AbortSignal) {
  return async function* endedByShutdown<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): Answers<Response> {
    return yield* call.next(call.request, {
      ...context,
      signal: AbortSignal.any([context.signal, shutdown]),
    });
  };
}
