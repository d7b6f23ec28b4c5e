import fc from 'fast-check';
import { callFailure, connectChannels, type Channels } from '@meridian/rpc';
import { leakIn } from '../leaks.ts';
import { METHODS, requestsTo, type RawRequest } from '../requests.ts';
import type { FuzzedSystem } from '../systems/commands.ts';
import { FindingError, target, type Target } from '../target.ts';

/** Statuses that a caller is told on purpose. INTERNAL and UNKNOWN say that something was not foreseen. */
const TYPED: ReadonlySet<string> = new Set([
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'FAILED_PRECONDITION',
  'ABORTED',
  'UNAVAILABLE',
  'RESOURCE_EXHAUSTED',
  'DEADLINE_EXCEEDED',
]);
const MOST_ERROR_BYTES = 8 * 1_024;
/** A question waits for what its token names until then, and a watch goes on until then. */
const DEADLINE_MS = { commands: 1_000, questions: 120 };

/** A message that is sent as the bytes that it is. */
const RAW = {
  encode: (bytes: Uint8Array) => ({ finish: () => bytes }),
  decode: (bytes: Uint8Array) => bytes,
};

/** Calls a method with bytes instead of a message. */
function caller(channels: Channels, path: string, deadline: number): (bytes: Uint8Array) => Promise<void> {
  const [, fullName = '', name = ''] = path.split('/');
  // A client that awaits a stream takes the one answer of a unary method, too.
  const kind = { requestStream: false, responseStream: true } as const;
  const call = { ...kind, name, requestType: RAW, responseType: RAW, options: {} };
  const client = channels.client({ name: fullName, fullName, methods: { call } });
  return async (bytes) => {
    for await (const answer of client.call(bytes, { deadline })) void answer;
  };
}

/** Answers with the status of a typed error. Throws for any other. */
function statusOf(error: unknown, secrets: readonly string[]): string {
  const failure = callFailure(error);
  if (!failure) throw new FindingError('the call failed without a gRPC status', { cause: error });
  const { status, reason, message } = failure;
  // grpc-js answers so, before any code of a service, when bytes are no message of the method's type.
  if (status === 'INTERNAL' && /^Error deserializing request/.test(message)) return 'NO_MESSAGE';
  if (!TYPED.has(status)) throw new FindingError(`${status} ${reason}: ${message}`);
  if (reason === '' && status !== 'DEADLINE_EXCEEDED')
    throw new FindingError(`${status} has no reason: ${message}`);
  const told = JSON.stringify(failure);
  if (Buffer.byteLength(told) > MOST_ERROR_BYTES) throw new FindingError(`an error of ${told.length} bytes`);
  const leak = leakIn(told, secrets);
  if (leak !== undefined) throw new FindingError(`an error ${leak}: ${told}`);
  return status;
}

function checkLog({ log, secrets }: FuzzedSystem): void {
  for (const line of log.take()) {
    // An error in the log is one that nobody foresaw.
    if (line.startsWith('error')) throw new FindingError(`logged ${line.slice(0, 2_000)}`);
    const leak = leakIn(line, secrets);
    if (leak !== undefined) throw new FindingError(`a line of the log ${leak}: ${line}`);
  }
}

/** Every method of a service, with requests made from its descriptor: each is answered, or refused with a typed error. */
export function methodTargets(
  service: keyof typeof METHODS,
  system: FuzzedSystem,
): { readonly targets: readonly Target[]; close(): void } {
  const channels = connectChannels([`127.0.0.1:${system.server.port}`], { maxAttempts: 1 });
  const targets = METHODS[service].map((method) => {
    const call = caller(channels, method.path, DEADLINE_MS[service]);
    const outcomes = new Map<string, number>();
    const count = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    return target<readonly RawRequest[]>({
      name: method.path.replace(/^\/meridian\./, ''),
      inputs: fc.array(requestsTo(method), { minLength: 1, maxLength: 8 }),
      inputsPerTurn: 6,
      outcomes,
      async try(requests) {
        const ended = await Promise.allSettled(requests.map(({ bytes }) => call(bytes)));
        for (const one of ended)
          count(one.status === 'rejected' ? statusOf(one.reason, system.secrets) : 'OK');
        checkLog(system);
      },
    });
  });
  return { targets, close: () => channels.close() };
}
