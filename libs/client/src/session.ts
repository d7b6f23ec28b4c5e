import {
  fromToken,
  mergePositions,
  toToken,
  type ConsistencyToken,
  type Positions,
} from '@meridian/contracts';
import { newId } from '@meridian/kernel';
import type {
  Answers,
  CallOptions,
  ClientMiddleware,
  ClientMiddlewareCall,
  RpcCallOptions,
} from '@meridian/rpc';

/** What a session adds to the options of a call. */
export interface SessionOptions {
  /** False: the region answers this question at once from what it has, whatever was seen before. True by default. */
  readonly withToken?: boolean;
}

/**
 * A call's options besides its request: `deadline` (ms from now, or a Date), `signal`, `metadata`, `retry`,
 * `withToken`.
 */
export type MeridianCallOptions = RpcCallOptions & SessionOptions;

/** What one caller has seen so far. */
export interface Session {
  /** A token that names everything seen. */
  token(): ConsistencyToken;
  /** Adds what another caller has seen. */
  see(token: ConsistencyToken | undefined): void;
  /** The middleware that applies the session to calls. */
  readonly middleware: ClientMiddleware<SessionOptions>;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isToken(value: unknown): value is ConsistencyToken {
  return isRecord(value) && Array.isArray(value['entries']);
}

function tokenOf(holder: unknown): ConsistencyToken | undefined {
  const token = isRecord(holder) ? holder['token'] : undefined;
  return isToken(token) ? token : undefined;
}

const field = (message: unknown, name: string): unknown => (isRecord(message) ? message[name] : undefined);

const isCommand = (path: string): boolean => path.includes('CommandService/');

const requestIds = new WeakMap<object, string>();

/**
 * The request id of the command that failed with this error, also when the client had made that id. A command with an
 * unknown outcome, as after DEADLINE_EXCEEDED, can safely be repeated under this id: `{ ...request, requestId:
 * requestIdOf(error) }`. Undefined for a question's error and for any other.
 */
export function requestIdOf(error: unknown): string | undefined {
  return isRecord(error) ? requestIds.get(error) : undefined;
}

/** Remembers which request the error belongs to, and throws the error. */
function failedCommand(error: unknown, request: unknown): never {
  const requestId = field(request, 'requestId');
  if (isRecord(error) && typeof requestId === 'string') requestIds.set(error, requestId);
  throw error;
}

/**
 * A session. Every answer's token is merged into the session, and every question carries the session's token. Every
 * command without a request_id gets one, made once per call, so that a retry is safe. A command's error keeps that id:
 * see `requestIdOf`.
 */
export function createSession(seen?: ConsistencyToken): Session {
  let positions: Positions = fromToken(seen);
  const see = (token: ConsistencyToken | undefined): void => {
    positions = mergePositions(positions, fromToken(token));
  };

  const completed = <Request>(path: string, request: Request, withToken: boolean): Request => {
    if (isCommand(path)) return { ...request, requestId: field(request, 'requestId') || newId() };
    if (!withToken) return request;
    const asked = fromToken(tokenOf(field(request, 'read')));
    return { ...request, read: { token: toToken(mergePositions(positions, asked)) } };
  };

  const remember = (answer: unknown): void => {
    see(tokenOf(field(answer, 'receipt')));
    see(tokenOf(field(answer, 'freshness')));
  };

  async function* middleware<Request, Response>(
    call: ClientMiddlewareCall<Request, Response>,
    { withToken = true, ...options }: CallOptions & SessionOptions,
  ): Answers<Response> {
    if (call.requestStream) return yield* call.next(call.request, options);
    const request = completed(call.method.path, call.request, withToken);
    if (!call.responseStream) {
      try {
        const answer = yield* call.next(request, options);
        remember(answer);
        return answer;
      } catch (error) {
        if (isCommand(call.method.path)) failedCommand(error, request);
        throw error;
      }
    }
    for await (const answer of call.next(request, options)) {
      remember(answer);
      yield answer;
    }
  }

  return { token: () => toToken(positions), see, middleware };
}
