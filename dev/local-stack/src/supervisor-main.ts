// The supervisor of a stack, as a process of its own: `node supervisor-main.ts FOLDER`. `down` ends it with SIGTERM.
import { setTimeout as pause } from 'node:timers/promises';
import { readStackState } from './stack-state.ts';
import { supervise } from './supervise.ts';

const [folder = ''] = process.argv.slice(2);
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());

// Whoever started this process names it in the folder right after.
const namedByMs = performance.now() + 10_000;
while (readStackState(folder)?.supervisor?.pid !== process.pid && performance.now() < namedByMs)
  await pause(50);
await supervise(folder, {
  signal: stopping.signal,
  say: (line) => console.log(`${new Date().toISOString()} ${line}`),
});
process.exit(0);
