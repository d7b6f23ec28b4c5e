import { context as otel, type Context } from '@opentelemetry/api';
import type { CallContext, ServerMiddleware, ServerMiddlewareCall } from 'nice-grpc-common';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import { hideFromOthers, hiding, noteAdmitted, type Admitted } from './access.ts';
import { admit, refusedReason, type Door, type Entered } from './admission.ts';
import type { AnswerBytes } from './answer-bytes.ts';
import type { BoundCall, CallBounds } from './call-bounds.ts';
import { toldToCaller, type Log } from './caller-errors.ts';
import { notePlace, type EnterMethod } from './concurrency-limit.ts';
import { invalidArgument, type FieldViolation } from './errors.ts';
import type { Answers } from './middleware.ts';
import { startCallSpan, type CallSpan, type ObserveCall } from './telemetry.ts';

/** Checks a request: what is wrong with it, by field (nothing lets it pass), and the request in the form that its handler gets. */
export type CheckRequest = <Request>(
  path: string,
  request: Request,
) => { readonly violations: readonly FieldViolation[]; readonly request: Request };

/** What stands around every call. */
export interface Guards {
  readonly bounds: CallBounds;
  readonly answers: AnswerBytes;
  readonly enter: EnterMethod;
  /** Says who may come in; everybody may when there is no door. */
  readonly door: Door | undefined;
  /** Says what is wrong with a request, by field, and how handlers are to see it. Streams of requests are not checked. */
  readonly check: CheckRequest;
  /** Says what an error means to callers; gives back what it does not know. */
  readonly explain: (error: unknown) => unknown;
  readonly log: Log | undefined;
  readonly observe: ObserveCall | undefined;
  readonly onBegun: ((path: string) => void) | undefined;
}

/**
 * Makes one middleware of all guards:
 *
 * - a span and an observation per call, and its bounds in time;
 * - who may make it, and the bounds of its method and of its caller;
 * - the rules of its request, the encoding of its answers, and errors as callers may read them.
 *
 * One iterator serves all of them: every message of a stream passes through it, and a layer per guard would cost more than all that
 * the guards do.
 */
export function guard(guards: Guards): ServerMiddleware {
  return <Request, Response>(call: ServerMiddlewareCall<Request, Response>, context: CallContext) =>
    guarded(guards, call, context);
}

function checked<Request>(check: CheckRequest, path: string, given: Request): Request {
  const { violations, request } = check(path, given);
  if (violations.length > 0) throw invalidArgument(violations);
  return request;
}

/** Makes something once, when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** A call whose handler may run. */
interface Begun<Response> {
  readonly bound: BoundCall;
  readonly answers: Answers<Response>;
  readonly admitted: Admitted | undefined;
  /** Frees the places of its method and of its caller: when the handler has ended, which may be after its call. */
  readonly leave: () => void;
}

async function begin<Request, Response>(
  { bounds, enter, check, door }: Guards,
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
  active: Context,
): Promise<Begun<Response>> {
  const { path } = call.method;
  const bound = bounds.bind(call, context);
  const leaving: (() => void)[] = [];
  const leave = (): void => {
    for (const free of leaving.splice(0)) free();
  };
  try {
    const checkedRequest = once(() =>
      call.requestStream ? call.request : checked(check, path, call.request),
    );
    const entered: Entered | undefined = door && (await admit(door, call, context, bound, checkedRequest));
    if (entered) leaving.push(entered.leave);
    const request = checkedRequest();
    const place = enter(path);
    leaving.push(() => place.leave());
    notePlace(bound.signal, place);
    if (entered) noteAdmitted(bound.signal, entered.admitted);
    const passedOn = { ...context, signal: bound.signal };
    const answers: Answers<Response> = otel.with(active, () => call.next(request, passedOn));
    return { bound, answers, admitted: entered?.admitted, leave };
  } catch (error) {
    leave();
    bound.release();
    throw bound.causeOf(error);
  }
}

function guarded<Request, Response>(
  guards: Guards,
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
): Answers<Response> {
  const { path } = call.method;
  let span: CallSpan | undefined;
  let begun: Begun<Response> | undefined;
  let isOver = false;

  /** The end of the call, once: of its handler too, which is not waited for. */
  function end(error?: unknown): void {
    if (isOver) return;
    isOver = true;
    if (begun) letGo(begun);
    span?.end(error);
  }

  async function fail(error: unknown): Promise<never> {
    const cause = causeOf(guards, path, begun, error);
    const tell = () => toldToCaller(cause, { path, context, log: guards.log });
    const told = span ? otel.with(span.context, tell) : tell();
    end(told);
    return addDetails(call, context, told);
  }

  return {
    async next() {
      if (isOver) return { done: true, value: undefined };
      try {
        span ??= startCallSpan(path, context, guards);
        const { context: active } = span;
        begun ??= await begin(guards, call, context, active);
        // Its caller may have gone while it was asked who that is.
        if (isOver) {
          letGo(begun);
          return { done: true, value: undefined };
        }
        const { answers, bound, admitted } = begun;
        const step = await bound.next(otel.with(active, () => answers.next()));
        // A stream's end is no message.
        if (!step.done || !call.responseStream) {
          if (admitted) hideFromOthers(admitted, step.value);
          guards.answers.encode(path, step.value);
        }
        if (step.done) end();
        return step;
      } catch (error) {
        return fail(error);
      }
    },
    return(value) {
      end();
      return Promise.resolve(value).then((last) => ({ done: true, value: last }));
    },
    throw: fail,
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined);
    },
  };
}

/** Ends what a call holds. Its handler is told to stop and not waited for. */
function letGo<Response>({ bound, answers, leave }: Begun<Response>): void {
  bound.release();
  answers.return(undefined).then(leave, leave);
}

/** What an error means to the caller. */
function causeOf<Response>(
  { explain, door }: Guards,
  path: string,
  begun: Begun<Response> | undefined,
  error: unknown,
): unknown {
  const cause = explain(begun ? begun.bound.causeOf(error) : error);
  // A stream that ends with its token was let in.
  const reason = begun ? undefined : refusedReason(cause);
  if (reason !== undefined) door?.onRefused(path, reason);
  return begun?.admitted ? hiding(begun.admitted, cause) : cause;
}

/** Puts what an error tells into the call's trailer, and throws it. */
async function addDetails<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
  error: unknown,
): Promise<never> {
  const failing = async function* (): AsyncGenerator<never, never, undefined> {
    throw error;
  };
  await errorDetailsServerMiddleware({ ...call, responseStream: false, next: failing }, context).next();
  throw error;
}
