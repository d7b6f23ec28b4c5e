/** Resolves as soon as one of two ways succeeds; rejects with the first one's failure when both fail. */
export async function firstOf(first: Promise<void>, second: Promise<void>): Promise<void> {
  const ways = [first, second];
  try {
    await Promise.any(ways);
  } catch {
    await Promise.all(ways);
  }
}
