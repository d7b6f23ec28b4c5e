/**
 * Answers the questions of the process that started this process, one at a time, with the result or the error of
 * `handle`. Reports first that it is ready. Ends on SIGTERM, after `close`.
 */
export function serve<Question>(
  handle: (question: Question) => Promise<unknown>,
  close: () => Promise<void> = () => Promise.resolve(),
): void {
  process.on('message', (question: Question) => {
    handle(question).then(
      (answer) => process.send?.({ answer }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  const end = () => void close().finally(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('disconnect', end);
  process.send?.({ answer: 'ready' });
}
