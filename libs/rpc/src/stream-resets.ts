import { patchGrpcJs } from './grpc-js-internals.ts';

/**
 * How many calls callers of one connection may give up at once, and per second from then on, before Node ends the
 * connection. Node's own bounds, 1,000 and 33, are made for browsers. A gRPC caller gives up every call whose deadline
 * passes. One connection carries all calls of a busy caller: up to 1,000 places and 1,000 waiting calls per method.
 * When Node ends the connection, every other call of that caller fails with INTERNAL. These bounds still stop a caller
 * that opens and gives up calls as fast as it can (CVE-2023-44487). A call that was begun and given up costs no more
 * than a refused call.
 */
const STREAM_RESETS = { streamResetBurst: 20_000, streamResetRate: 10_000 } as const;

/** The part of a server of grpc-js that has the options of its HTTP/2 servers. */
interface ServerClass {
  readonly prototype: {
    createHttp2Server?(this: { commonServerOptions?: object }, credentials: unknown): unknown;
  };
}

/**
 * Gives the servers of grpc-js 1.14 the bounds above, which it has no option for. Safe to call often; affects this process only.
 * Throws when grpc-js makes its HTTP/2 servers elsewhere by now.
 */
export function patchStreamResets(): void {
  patchGrpcJs('server', 'createHttp2Server', ({ Server: server }: { readonly Server?: ServerClass }) => {
    const create = server?.prototype.createHttp2Server;
    if (!server || typeof create !== 'function')
      throw new Error('this version of grpc-js makes its HTTP/2 servers elsewhere');
    server.prototype.createHttp2Server = function createPatientServer(credentials) {
      if (!this.commonServerOptions)
        throw new Error('this version of grpc-js keeps the options of its HTTP/2 servers elsewhere');
      Object.assign(this.commonServerOptions, STREAM_RESETS);
      return create.call(this, credentials);
    };
  });
}
