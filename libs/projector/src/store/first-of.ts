/** Resolves as soon as one of two promises resolves. When both reject, rejects with the failure of the first. */
export async function firstOf(first: Promise<void>, second: Promise<void>): Promise<void> {
  const ways = [first, second];
  try {
    await Promise.any(ways);
  } catch {
    await Promise.all(ways);
  }
}
