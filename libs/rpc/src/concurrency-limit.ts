import { resourceExhausted } from './errors.ts';

/** Counts the calls under way by method. Gives what frees the place again; throws RESOURCE_EXHAUSTED, reason TOO_MANY_CALLS, when all are taken. */
export type EnterMethod = (path: string) => () => void;

/** Bounds the calls of each method that are under way at once. */
export function concurrencyLimit(maxOf: (path: string) => number): EnterMethod {
  const underWay = new Map<string, number>();
  return (path) => {
    const max = maxOf(path);
    const count = underWay.get(path) ?? 0;
    if (count >= max)
      throw resourceExhausted('TOO_MANY_CALLS', `${max} calls of this method are under way; try again`, 500);
    underWay.set(path, count + 1);
    return () => underWay.set(path, (underWay.get(path) ?? 1) - 1);
  };
}
