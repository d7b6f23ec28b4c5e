import { CommanderError } from 'commander';
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

const program = createProgram(interrupted.signal, (code) => {
  process.exitCode = code;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else process.exitCode = interrupted.signal.aborted ? 130 : 1;
  if (!interrupted.signal.aborted) process.stderr.write(`meridian: ${explain(error)}\n`);
}
