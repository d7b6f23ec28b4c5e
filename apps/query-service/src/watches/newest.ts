/** What is pushed: the state of an aggregate, by its version. */
export interface Versioned<T> {
  readonly version: bigint;
  readonly state: T;
}

type Step<T> = IteratorResult<T, undefined>;

/**
 * Hands one slow reader the newest of a series of states. The reader misses the states that it did not take in time, and
 * never gets an older version after a newer one. One step is asked for at a time. It is no generator: a generator waits for
 * several promises per state, and there is a reader for each of thousands of streams.
 */
export class Newest<T> implements AsyncIterable<T, undefined> {
  readonly #onEnd: () => void;
  /** The version that was put last, or that the reader had before. */
  #version: bigint;
  #held: { readonly state: T } | undefined;
  #failure: Error | undefined;
  #reader: PromiseWithResolvers<Step<T>> | undefined;
  #isOver = false;

  /** `onEnd` is called once: after a failure, or when the reader has left. */
  constructor(afterVersion: bigint, onEnd: () => void) {
    this.#version = afterVersion;
    this.#onEnd = onEnd;
  }

  /** Puts a state in the place of the one before, if that was not taken. Does nothing with a version that is not newer. */
  put({ version, state }: Versioned<T>): void {
    if (version <= this.#version || this.#isOver) return;
    this.#version = version;
    const reader = this.#reader;
    if (!reader) {
      this.#held = { state };
      return;
    }
    this.#reader = undefined;
    reader.resolve({ done: false, value: state });
  }

  /** Ends the series. The reader's wait, or its next step, rejects. What was not taken is forgotten. */
  fail(error: Error): void {
    if (this.#isOver) return;
    if (this.#reader) this.#reader.reject(error);
    else this.#failure = error;
    this.#end();
  }

  next(): Promise<Step<T>> {
    const [held, failure] = [this.#held, this.#failure];
    if (held) {
      this.#held = undefined;
      return Promise.resolve({ done: false, value: held.state });
    }
    if (failure) {
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#isOver) return Promise.resolve(DONE);
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  /** The reader leaves. */
  return(): Promise<Step<T>> {
    this.#failure = undefined;
    this.#reader?.resolve(DONE);
    this.#end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held = undefined;
    this.#reader = undefined;
    this.#onEnd();
  }
}

const DONE = { done: true, value: undefined } as const;
