import { CommanderError } from 'commander';
import { onClosedOutput, OutputClosedError } from './closed-output.ts';
import { explain } from './explain.ts';
import { createProgram } from './program.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The first asks to stop in order; the second does not wait for that.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort(new Error('interrupted'));
  });
}

// After `| head`: what works for long stops in order, as after Ctrl-C, and what only prints has nobody to print to.
onClosedOutput(process.stdout, () => interrupted.abort(new OutputClosedError()));
onClosedOutput(process.stderr, () => undefined);

const program = createProgram(interrupted.signal, (code) => {
  process.exitCode = code;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else process.exitCode = interrupted.signal.aborted ? codeOf(interrupted.signal) : 1;
  if (!interrupted.signal.aborted) process.stderr.write(`meridian: ${explain(error)}\n`);
}

/** What shells report of a process that such a signal ended: SIGPIPE, or SIGINT. */
function codeOf({ reason }: AbortSignal): number {
  return reason instanceof OutputClosedError ? 141 : 130;
}
