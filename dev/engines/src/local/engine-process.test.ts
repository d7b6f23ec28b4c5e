import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { withTimerSlack } from './engine-process.ts';

const cat = { command: '/bin/cat', args: ['/proc/self/timerslack_ns'] };
const run = ({ command, args }: { command: string; args: string[] }) =>
  execFileSync(command, args, { encoding: 'utf8' }).trim();

describe.runIf(process.platform === 'linux')('withTimerSlack', () => {
  it('lets the program itself, not a child of a shell, run with the slack asked for', () => {
    expect(run(withTimerSlack({ ...cat, timerSlackUs: 700 }))).toBe('700000');
    const pids = { command: '/bin/sh', args: ['-c', 'echo $PPID'] };
    expect(run(withTimerSlack({ ...pids, timerSlackUs: 700 }))).toBe(String(process.pid));
  });

  it('passes arguments on as they are', () => {
    const args = ['%s|', 'a b', "it's", '$HOME', ''];
    expect(run(withTimerSlack({ command: '/usr/bin/printf', args, timerSlackUs: 700 }))).toBe(
      "a b|it's|$HOME||",
    );
  });

  it('leaves a program without one as it is', () => {
    expect(withTimerSlack(cat)).toEqual(cat);
  });
});
