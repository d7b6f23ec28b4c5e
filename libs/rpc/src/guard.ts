import { AsyncResource } from 'node:async_hooks';
import { once } from '@meridian/async';
import { context as otel } from '@opentelemetry/api';
import type { CallContext as GrpcContext, ServerMiddleware, ServerMiddlewareCall } from 'nice-grpc-common';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import { hideFromOthers, hiding, type Admitted } from './access.ts';
import { admit, refusedReason, type Door, type Entered } from './admission.ts';
import type { AnswerBytes } from './answer-bytes.ts';
import type { BoundCall, CallBounds } from './call-bounds.ts';
import type { CallContext, CallContextExt, Steps } from './call-context.ts';
import { toldToCaller, type Log } from './caller-errors.ts';
import type { EnterMethod } from './concurrency-limit.ts';
import { invalidArgument, type FieldViolation } from './errors.ts';
import type { Answers } from './middleware.ts';
import { startCallSpan, type CallSpan, type ObserveCall } from './telemetry.ts';

/** Checks a request. Gives the fields that break their rules, and the request in the form that its handler gets. */
export type CheckRequest = <Request>(
  path: string,
  request: Request,
) => { readonly violations: readonly FieldViolation[]; readonly request: Request };

/** What stands around every call. */
export interface Guards {
  readonly bounds: CallBounds;
  readonly answers: AnswerBytes;
  readonly enter: EnterMethod;
  /** Says who may come in. Everybody may where there is no door. */
  readonly door: Door | undefined;
  /** Says what is wrong with a request, by field, and how handlers are to see it. Streams of requests are not checked. */
  readonly check: CheckRequest;
  /** Says what an error means to callers. Gives an error back that it does not know. */
  readonly explain: (error: unknown) => unknown;
  readonly log: Log | undefined;
  /** What a call waits for before its handler begins; undefined while there is nothing to wait for. */
  readonly before: ((context: CallContext) => Promise<void> | undefined) | undefined;
  readonly observe: ObserveCall | undefined;
  readonly onBegun: ((path: string) => void) | undefined;
}

/**
 * Makes one middleware of all guards:
 *
 * - a span and an observation per call, and its bounds in time;
 * - who may make it, and the bounds of its method and of its caller;
 * - what it waits for before its handler begins;
 * - the rules of its request, the encoding of its answers, and errors as callers may read them.
 */
export function guard(guards: Guards): ServerMiddleware<CallContextExt> {
  return <Request, Response>(call: Call<Request, Response>, context: GrpcContext) =>
    new GuardedCall(guards, call, context);
}

/** A call whose handler gets an extended context. */
type Call<Request, Response> = ServerMiddlewareCall<Request, Response, CallContextExt>;

type Step<Response> = Awaited<ReturnType<Steps<Response>['next']>>;

const OVER = { done: true, value: undefined } as const;

/** A call whose handler may run. */
interface Begun<Response> {
  readonly bound: BoundCall;
  readonly answers: Answers<Response>;
  /** Runs the steps of its handler in the context of its span. To enter the context again for each message would cost more. */
  readonly scope: AsyncResource;
  readonly admitted: Admitted | undefined;
  /** Frees the places of its method and of its caller: when the handler has ended, which may be after its call. */
  readonly leave: () => void;
}

/**
 * One call, as its server asks for its answers: it begins at the first step, and ends once. One iterator serves all guards.
 * Every message of a stream passes through it. One layer per guard would cost more than the guards themselves.
 */
class GuardedCall<Request, Response> implements Answers<Response> {
  readonly #guards: Guards;
  readonly #call: Call<Request, Response>;
  readonly #context: GrpcContext;
  readonly #path: string;
  #span: CallSpan | undefined;
  #begun: Begun<Response> | undefined;
  /** Where the rest of the stream comes from, once the handler has said so. */
  #rest: Steps<Response> | undefined;
  #isOver = false;

  constructor(guards: Guards, call: Call<Request, Response>, context: GrpcContext) {
    this.#guards = guards;
    this.#call = call;
    this.#context = context;
    this.#path = call.method.path;
  }

  next(): Promise<Step<Response>> {
    const begun = this.#begun;
    return begun && !this.#isOver ? this.#step(begun) : this.#first();
  }

  async return(value: Parameters<Answers<Response>['return']>[0]) {
    this.#end();
    return { done: true as const, value: await value };
  }

  async throw(error: unknown): Promise<never> {
    const context = this.#context;
    const cause = causeOf(this.#guards, this.#path, this.#begun, error);
    const tell = () => toldToCaller(cause, { path: this.#path, context, log: this.#guards.log });
    const told = this.#span ? otel.with(this.#span.context, tell) : tell();
    this.#end(told);
    return addDetails(this.#call, context, told);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return(undefined);
  }

  async #first(): Promise<Step<Response>> {
    if (this.#isOver) return OVER;
    let begun: Begun<Response>;
    try {
      begun = await this.#begin();
    } catch (error) {
      return this.throw(error);
    }
    this.#begun = begun;
    if (!this.#isOver) return this.#step(begun);
    // The caller has gone while the server found out who it is.
    this.#letGo(begun);
    return OVER;
  }

  /** One step of the handler. One promise is enough for it: a stream may take a great many steps. */
  #step(begun: Begun<Response>): Promise<Step<Response>> {
    const rest = this.#rest;
    const { bound, scope, answers } = begun;
    return new Promise((resolve) => {
      const fail = (error: unknown) => resolve(this.throw(error));
      const give = (step: Step<Response>) => {
        const restBegins = step.done && this.#rest !== rest;
        try {
          resolve(restBegins ? this.#step(begun) : this.#given(begun, step));
        } catch (error) {
          fail(error);
        }
      };
      bound.settle(rest ? rest.next() : scope.runInAsyncScope(() => answers.next()), give, fail);
    });
  }

  /** Checks and encodes what a step gave. */
  #given({ admitted }: Begun<Response>, step: Step<Response>): Step<Response> {
    // A stream's end is no message.
    if (!step.done || !this.#call.responseStream) {
      if (admitted) hideFromOthers(admitted, step.value);
      this.#guards.answers.encode(this.#path, step.value);
    }
    if (step.done) this.#end();
    return step;
  }

  /** Reads the rest of the stream from now on. Its messages are of the type of the call's method. */
  #read(rest: Steps<unknown>): void {
    this.#rest = rest as Steps<Response>;
    if (this.#isOver) rest.return?.().catch(() => undefined);
  }

  /** Begins the span, binds the call in time, asks who calls, checks the request, takes a place, and calls the handler. */
  async #begin(): Promise<Begun<Response>> {
    const { bounds, enter, check, door, before } = this.#guards;
    const [call, context, path] = [this.#call, this.#context, this.#path];
    const { context: active } = (this.#span ??= startCallSpan(path, context, this.#guards));
    const bound = bounds.bind(call, context);
    const leaving: (() => void)[] = [];
    const leave = (): void => {
      for (const free of leaving.splice(0)) free();
    };
    const checked = once(() => {
      if (call.requestStream) return call.request;
      const { violations, request } = check(path, call.request);
      if (violations.length > 0) throw invalidArgument(violations);
      return request;
    });
    try {
      const entered: Entered | undefined = door && (await admit(door, call, context, bound, checked));
      if (entered) leaving.push(entered.leave);
      const request = checked();
      const place = enter(path);
      leaving.push(() => place.leave());
      const extended: CallContext = {
        ...context,
        signal: bound.signal,
        deadline: bound.answerBy(),
        admitted: entered?.admitted,
        startWaiting: place.startWaiting,
        readRest: (rest) => this.#read(rest),
      };
      const waited = before?.(extended);
      if (waited) {
        await bound.next(waited);
        bound.signal.throwIfAborted();
      }
      const scope = otel.with(active, () => new AsyncResource('meridian.call'));
      const answers: Answers<Response> = scope.runInAsyncScope(() => call.next(request, extended));
      return { bound, answers, scope, admitted: entered?.admitted, leave };
    } catch (error) {
      leave();
      bound.release();
      throw bound.causeOf(error);
    }
  }

  /** Ends the call, once. The handler is told to stop, and nobody waits for it. */
  #end(error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#begun) this.#letGo(this.#begun);
    this.#span?.end(error);
  }

  /** Lets go of what a call holds. The handler is told to stop, and nobody waits for it. */
  #letGo({ bound, answers, leave }: Begun<Response>): void {
    bound.release();
    const left = this.#rest ? Promise.resolve(this.#rest.return?.()) : answers.return(undefined);
    left.then(leave, leave);
  }
}

/** What an error means to the caller. */
function causeOf<Response>(
  { explain, door }: Guards,
  path: string,
  begun: Begun<Response> | undefined,
  error: unknown,
): unknown {
  const cause = explain(begun ? begun.bound.causeOf(error) : error);
  // A stream whose token expires has begun, so its end is no refusal.
  const reason = begun ? undefined : refusedReason(cause);
  if (reason !== undefined) door?.onRefused(path, reason);
  return begun?.admitted ? hiding(begun.admitted, cause) : cause;
}

/** Puts the details of an error into the call's trailer, and throws the error. */
async function addDetails<Request, Response>(
  call: Call<Request, Response>,
  context: GrpcContext,
  error: unknown,
): Promise<never> {
  const failing = async function* (): AsyncGenerator<never, never, undefined> {
    throw error;
  };
  await errorDetailsServerMiddleware({ ...call, responseStream: false, next: failing }, context).next();
  throw error;
}
