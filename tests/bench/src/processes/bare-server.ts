import {
  Server,
  ServerCredentials,
  status,
  type MethodDefinition,
  type handleUnaryCall,
} from '@grpc/grpc-js';

/** How a message is written and read. */
interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/** One method of a bare server. */
export interface BareMethod {
  addTo(server: Server): void;
}

/** A method, by its path `/package.Service/Method`, answered with nothing around it. */
export function bareMethod<Request, Response>(
  path: string,
  request: Codec<Request>,
  response: Codec<Response>,
  handle: (request: Request) => Promise<Response>,
): BareMethod {
  const definition: MethodDefinition<Request, Response> = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => Buffer.from(request.encode(message).finish()),
    requestDeserialize: (bytes) => request.decode(bytes),
    responseSerialize: (message) => Buffer.from(response.encode(message).finish()),
    responseDeserialize: (bytes) => response.decode(bytes),
  };
  const answer: handleUnaryCall<Request, Response> = (call, reply) => {
    handle(call.request).then(
      (message) => reply(null, message),
      (error: unknown) => reply({ code: status.INTERNAL, message: String(error) }),
    );
  };
  return { addTo: (server) => server.addService({ answer: definition }, { answer }) };
}

/** Lets a server listen on a free port of this machine; resolves with the port. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
}

/** A grpc-js server of these methods, on a port of its own. */
export async function startBareServer(
  methods: readonly BareMethod[],
): Promise<{ readonly port: number; stop(): void }> {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  for (const method of methods) method.addTo(server);
  return { port: await listen(server), stop: () => server.forceShutdown() };
}
