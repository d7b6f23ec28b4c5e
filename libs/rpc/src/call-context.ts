import type { CallContext as GrpcContext } from 'nice-grpc-common';
import type { Admitted } from './access.ts';

/** Where a call's answers come from. */
export interface Steps<Answer> {
  next(): Promise<IteratorResult<Answer, Answer | void>>;
  return?(): Promise<unknown>;
}

/** What this server adds to the context that gRPC gives a handler. */
export interface CallContextExt {
  /**
   * By when the handler should answer: a little before the call's deadline. The difference is a tenth of the time that was
   * left when the handler began, and 100 ms at most. So a typed answer such as REGION_BEHIND still reaches the caller.
   */
  readonly deadline: Date;
  /** Who calls. Undefined where the server is open and asks nobody who calls. */
  readonly admitted?: Admitted | undefined;
  /**
   * To be called before the handler waits for something that others bring. The call then counts among those that wait,
   * until the function that this gives is called. Throws RESOURCE_EXHAUSTED, reason TOO_MANY_WAITING, when too many do.
   */
  startWaiting(): () => void;
  /** Has the server read the rest of the stream by itself: see `restOf`. Undefined in a call of no server. */
  readonly readRest?: (rest: Steps<unknown>) => void;
}

/** A call, as its handler gets it. */
export type CallContext = GrpcContext & CallContextExt;
