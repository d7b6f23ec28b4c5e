/** No process reads the command's output any more, as after `| head`. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';

  constructor() {
    super('nobody reads the output any more');
  }
}

/**
 * Calls back once when a stream has no reader any more; later writes are dropped. Without this, the first write into a
 * closed pipe ends the process with a stack trace. Any other error of the stream is thrown as before.
 */
export function onClosedOutput(stream: NodeJS.WritableStream, callback: () => void): void {
  let isClosed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (isClosed) return;
    isClosed = true;
    callback();
  });
}
