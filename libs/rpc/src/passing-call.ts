import { ServerInterceptingCall } from '@grpc/grpc-js';

type NextCall = ConstructorParameters<typeof ServerInterceptingCall>[0];
type Responder = ConstructorParameters<typeof ServerInterceptingCall>[1];

/**
 * An intercepted call that hands its messages on at once. A call of grpc-js asks its responder about every message, and
 * keeps messages that have to wait for headers. Here there is no responder for messages, and the call below sends
 * headers that are missing.
 */
export class PassingCall extends ServerInterceptingCall {
  readonly #next: NextCall;

  constructor(next: NextCall, responder?: Pick<NonNullable<Responder>, 'start'>) {
    super(next, responder);
    this.#next = next;
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.#next.sendMessage(message, callback);
  }
}
