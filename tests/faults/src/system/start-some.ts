/** All at once would take a busy machine so long that the last of them are not ready in time. */
const STARTED_AT_ONCE = 3;

/** Starts services some at a time, in their order; rejects with the first failure. */
export async function startSome(services: readonly { start(): Promise<void> }[]): Promise<void> {
  const left = [...services];
  const starter = async () => {
    for (let next = left.shift(); next; next = left.shift()) await next.start();
  };
  await Promise.all(Array.from({ length: STARTED_AT_ONCE }, starter));
}
