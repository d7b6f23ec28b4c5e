/** Nobody reads what the command prints any more, as after `| head`. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';

  constructor() {
    super('nobody reads the output any more');
  }
}

/**
 * Calls back once when nobody reads a stream any more; what is written afterwards is dropped. Without this the first write into a closed pipe
 * ends the process with a stack trace. Any other error of the stream is thrown as before.
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
