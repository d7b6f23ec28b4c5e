import { Channel, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';

/** One channel over several targets: each call, and so each attempt of a retried call, goes to the next target. */
export class RotatingChannel extends Channel {
  readonly #others: readonly Channel[];
  #turn = 0;

  constructor(targets: readonly string[], credentials: ChannelCredentials, options: ChannelOptions) {
    const [first, ...others] = targets;
    if (first === undefined) throw new TypeError('no address is given');
    super(first, credentials, options);
    this.#others = others.map((target) => new Channel(target, credentials, options));
  }

  override createCall(...call: Parameters<Channel['createCall']>): ReturnType<Channel['createCall']> {
    this.#turn = (this.#turn + 1) % (this.#others.length + 1);
    const other = this.#others[this.#turn - 1];
    return other ? other.createCall(...call) : super.createCall(...call);
  }

  override close(): void {
    for (const other of this.#others) other.close();
    super.close();
  }
}
