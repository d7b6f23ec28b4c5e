/** Hands the newest of a series of values to one slow reader. The reader misses the values that it did not take in time. */
export interface Newest<T> {
  /** Puts a value in the place of the one before, if that was not taken. */
  put(value: T): void;
  /** Ends the reader's wait with an error, and every later one. */
  fail(error: Error): void;
  /** The newest value that was not taken, as soon as there is one. Rejects after `fail`. One reader at a time. */
  take(): Promise<T>;
}

/** Makes one that holds no value yet. */
export function createNewest<T>(): Newest<T> {
  let held: { readonly value: T } | undefined;
  let failure: Error | undefined;
  let reader: PromiseWithResolvers<T> | undefined;
  return {
    put(value) {
      if (reader) reader.resolve(value);
      else held = { value };
      reader = undefined;
    },
    fail(error) {
      failure ??= error;
      reader?.reject(error);
      reader = undefined;
    },
    take() {
      if (failure) return Promise.reject(failure);
      reader = Promise.withResolvers<T>();
      const { promise } = reader;
      if (held) this.put(held.value);
      held = undefined;
      return promise;
    },
  };
}
