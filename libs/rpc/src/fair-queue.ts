/** How often a connection that takes nothing is looked at, while nothing else tells that it takes messages again. */
const LOOK_MS = 10;

/**
 * Keeps the streams of one connection fair. HTTP/2 in Node sends what waits by the age of its stream, oldest stream first. As long
 * as old streams always have something to send, young ones would get nothing of a connection that is too slow for all.
 *
 * So nothing more is given to HTTP/2 while the connection takes nothing. It takes something again only after all that was given
 * before has gone. Messages that were held back go then, first come, first served. A message whose own stream takes nothing
 * holds nobody up.
 */
export class FairQueue {
  readonly #takes: () => boolean;
  readonly #held = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** `takes` says whether the connection takes bytes now. It is asked for each message. */
  constructor(takes: () => boolean) {
    this.#takes = takes;
  }

  /** Whether a message may go at once. Otherwise it has to be held back. */
  isFree(): boolean {
    return this.#held.size === 0 && this.#takes();
  }

  /** Holds a message back. `send` is called when the message may go. */
  hold(send: () => void): void {
    this.#held.add(send);
    this.#lookLater();
  }

  /** A message that was held back will not be sent any more. */
  forget(send: () => void): void {
    this.#held.delete(send);
  }

  /** A message has gone, so the connection may take more. */
  gone(): void {
    if (this.#held.size > 0 && this.#takes()) this.#sendHeld();
  }

  #sendHeld(): void {
    const sending = [...this.#held];
    this.#held.clear();
    for (const send of sending) send();
  }

  /** When the connection takes messages again, nothing tells so unless a message is under way. */
  #lookLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.gone();
      if (this.#held.size > 0) this.#lookLater();
    }, LOOK_MS).unref();
  }
}
