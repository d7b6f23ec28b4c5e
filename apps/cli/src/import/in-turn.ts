/** Does work for a key; resolves, or rejects, as that work does. */
export type InTurn = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Work for one key follows the work for that key before it, also when that failed. Other keys do not wait. */
export function inTurn(): InTurn {
  const newest = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = newest.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    newest.set(key, mine);
    try {
      return await mine;
    } finally {
      if (newest.get(key) === mine) newest.delete(key);
    }
  };
}
