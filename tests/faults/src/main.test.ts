import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

/** Runs the command without a path to any program, so that it could start no engine. */
async function run(...args: readonly string[]) {
  const main = path.join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env: { PATH: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const said = await text(child.stderr);
  return { exitCode: await ended, said };
}

it('refuses kinds of fault that do not exist with so many nodes, and says which do', async () => {
  const { exitCode, said } = await run('read', '--only', 'kill-kafka', 'pause-node', 'kil-kafka');
  expect(said).toContain('No such kind of fault with --nodes 1: pause-node, kil-kafka. There are: ');
  expect(said).toContain('stop-home-store');
  expect(exitCode).toBe(2);
});

it('refuses a defect that does not exist, also beside one that does', async () => {
  const { exitCode, said } = await run('defects', 'late-deletes', 'typo');
  expect(said).toContain('No such defect: typo. There are: ');
  expect(exitCode).toBe(2);
});
