/** Reads something that never changes: once, and again only after a failure. */
export function onceRead<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    if (reading) return reading;
    const attempt = read();
    reading = attempt;
    attempt.catch(() => (reading = undefined));
    return attempt;
  };
}
