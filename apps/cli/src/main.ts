import { CommanderError } from 'commander';
import { onClosedOutput, OutputClosedError } from './closed-output.ts';
import { explain } from './explain.ts';
import { createProgram } from './program.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The first signal asks for an orderly stop; the second ends the process at once.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort(new Error('interrupted'));
  });
}

// After `| head`: a long command stops in an orderly way, as after Ctrl-C; a command that only prints has no reader.
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

/** The exit code that shells report for a process that SIGPIPE or SIGINT ended. */
function codeOf({ reason }: AbortSignal): number {
  return reason instanceof OutputClosedError ? 141 : 130;
}
