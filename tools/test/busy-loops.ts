import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/** Spins until its parent is gone, so that a runner that was killed leaves no loop behind. */
const LOOP = `const parent = process.ppid;
for (;;) {
  for (let n = 0; n < 1e8; n++);
  if (process.ppid !== parent) process.exit();
}`;

/** Starts a busy loop per core, as other work on the machine. Answers what ends them. */
export function startBusyLoops(count = availableParallelism()): () => Promise<void> {
  const loops = Array.from({ length: count }, () => {
    const child = spawn(process.execPath, ['-e', LOOP], { stdio: 'ignore' });
    return { child, ended: once(child, 'exit') };
  });
  return async () => {
    for (const { child } of loops) child.kill('SIGKILL');
    await Promise.all(loops.map(({ ended }) => ended));
  };
}
