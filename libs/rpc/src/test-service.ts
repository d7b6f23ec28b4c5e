import type { ServiceImplementation } from 'nice-grpc';
import type { CallContextExt } from './call-context.ts';
import { createChannelClient, type ChannelOptions } from './channels.ts';
import { callFailure, type CallFailure } from './client-errors.ts';
import { startRpcServer, type RpcServer, type RpcServerOptions } from './server.ts';

/** The one message of the service of these tests. */
export interface Note {
  readonly text: string;
}

// Messages travel as JSON: these tests are about calls, not about protobuf.
const note = {
  encode: (message: Note) => ({ finish: () => new TextEncoder().encode(JSON.stringify(message)) }),
  decode: (bytes: Uint8Array): Note => ({ text: textIn(JSON.parse(new TextDecoder('utf-8').decode(bytes))) }),
  fromPartial: (partial: Partial<Note>): Note => ({ text: partial.text ?? '' }),
};

function textIn(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('text' in value)) throw new Error('no note');
  return String(value.text);
}

const method = <Name extends string, Streams extends boolean>(name: Name, responseStream: Streams) => ({
  name,
  requestType: note,
  requestStream: false as const,
  responseType: note,
  responseStream,
  options: {},
});

/** A service with one unary method and one that streams. */
export const TestDefinition = {
  name: 'TestService',
  fullName: 'test.v1.TestService',
  methods: { echo: method('Echo', false as const), count: method('Count', true as const) },
} as const;

type Implementation = ServiceImplementation<typeof TestDefinition, CallContextExt>;

/** What a test says of its server: how it echoes, and any option. */
export type TestServerOptions = Partial<RpcServerOptions> & { readonly count?: Implementation['count'] };

/** A server of the test service on a free port of this machine. */
export function serve(echo: Implementation['echo'], options: TestServerOptions = {}): Promise<RpcServer> {
  const none: Implementation['count'] = async function* () {};
  return startRpcServer({
    address: '127.0.0.1:0',
    shutdownPauseMs: 0,
    register: (server) => server.add(TestDefinition, { echo, count: options.count ?? none }),
    ...options,
  });
}

/** A client of servers on this machine. */
export function clientOf(ports: readonly number[], options: ChannelOptions = {}) {
  return createChannelClient(
    TestDefinition,
    ports.map((port) => `127.0.0.1:${port}`),
    { retryBaseDelayMs: 5, ...options },
  );
}

/** What a call that must fail says. Rejects when it succeeds, and with what is no gRPC error. */
export async function failure(answer: Promise<unknown>): Promise<CallFailure> {
  const error = await answer.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  const failed = callFailure(error);
  if (!failed) throw error;
  return failed;
}
