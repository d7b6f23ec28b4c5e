import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { endProcess } from './local/engine-process.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { hasEnded, identify, isAlive, isPaused, parseStat, signal } from './process-identity.ts';

const children: ChildProcess[] = [];

function startSleeper(): { child: ChildProcess; identity: ProcessIdentity } {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('sleep did not start');
  return { child, identity };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('a process identity', () => {
  it('is that of a living process only', async () => {
    const { child, identity } = startSleeper();
    expect(isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
    expect(identify(identity.pid)).toBeUndefined();
  });

  it('never signals or ends a process that only has the same pid', async () => {
    const { identity } = startSleeper();
    const before = { ...identity, startedAt: `${identity.startedAt}0` };
    expect(isAlive(before)).toBe(false);
    expect(signal(before, 'SIGKILL')).toBe(false);
    await endProcess(before);
    expect(isAlive(identity)).toBe(true);
  });

  it('tells a paused process, which can be ended all the same', async () => {
    const { identity } = startSleeper();
    signal(identity, 'SIGSTOP');
    await expect.poll(() => isPaused(identity)).toBe(true);
    await endProcess(identity);
    expect(isAlive(identity)).toBe(false);
  });

  it('has not ended while threads of it are left, though its first one waits to be reaped', () => {
    expect(hasEnded({ state: 'Z', threads: 3 })).toBe(false);
    expect(hasEnded({ state: 'Z', threads: 1 })).toBe(true);
    expect(hasEnded({ state: 'S', threads: 1 })).toBe(false);
  });

  it('is read from a stat line whatever the process is called', () => {
    const rest = Array.from({ length: 18 }, (_, index) => String(index)).join(' ');
    expect(parseStat(`12 (a) b) S) S ${rest} 4711 0`)).toEqual({
      state: 'S',
      threads: 16,
      startTicks: '4711',
    });
    expect(parseStat('')).toBeUndefined();
  });
});
