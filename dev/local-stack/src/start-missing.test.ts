import { rmSync } from 'node:fs';
import { namedEngines } from '@meridian/engines';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runningStack, type RunningStack } from './running-stack.ts';
import { ServiceStartError } from './service-process.ts';
import { readStackState, writeStackState, type StackState } from './stack-state.ts';
import { startMissing } from './start-missing.ts';
import { stackStatus, stopServices } from './stop-stack.ts';
import { fixtureStack } from './testing/fixture-stack.ts';

const [FIRST, SECOND, THIRD] = ['command-service', 'query-service-eu-west', 'projectors'] as const;
let folder = '';

beforeEach(async () => {
  const fixture = await fixtureStack([FIRST, SECOND, THIRD], 18_051);
  ({ folder } = fixture);
  await fixture.stack.startService(FIRST);
});
afterEach(async () => {
  await stopServices(folder);
  rmSync(folder, { recursive: true, force: true });
});

/** The stack as it is now, with one service changed. */
function withChanged(
  name: string,
  change: (service: StackState['services'][number]) => void,
): readonly [RunningStack, StackState] {
  const state = readStackState(folder);
  const service = state?.services.find((one) => one.name === name);
  if (!state || !service) throw new Error(`no ${name}`);
  change(service);
  writeStackState(folder, state);
  return [runningStack(folder, namedEngines(state.engineEnvironment), state), state];
}

async function states(): Promise<Record<string, string>> {
  const { services } = await stackStatus(folder);
  return Object.fromEntries(services.map(({ name, state }) => [name, state]));
}

const pidOf = async (name: string) =>
  (await stackStatus(folder)).services.find((one) => one.name === name)?.pid;

describe('what is missing', () => {
  it('is started, beside what is ready', async () => {
    const pid = await pidOf(FIRST);
    const ready: string[] = [];
    const [stack, state] = withChanged(FIRST, () => undefined);
    await startMissing(stack, state, { onServiceReady: (name) => void ready.push(name) });
    expect(ready.sort()).toEqual([THIRD, SECOND].sort());
    expect(await states()).toEqual({ [FIRST]: 'ready', [SECOND]: 'ready', [THIRD]: 'ready' });
    expect(await pidOf(FIRST)).toBe(pid);
  });

  it('is stopped again when a part of it does not come up; what was ready goes on', async () => {
    const pid = await pidOf(FIRST);
    const [stack, state] = withChanged(THIRD, (service) => {
      service.main = 'dev/local-stack/src/testing/no-such-file.ts';
    });
    await expect(startMissing(stack, state, {})).rejects.toThrow(ServiceStartError);
    expect(await states()).toEqual({ [FIRST]: 'ready', [SECOND]: 'stopped', [THIRD]: 'stopped' });
    expect(await pidOf(FIRST)).toBe(pid);
  });

  it('is not what waits for an operator: that goes on, and is told of each time', async () => {
    const [stack, state] = withChanged(THIRD, (service) => {
      service.environment['ADVICE'] = 'turn the key';
    });
    const waits: string[] = [];
    const options = {
      onServiceWaits: (name: string, advice: string) => void waits.push(`${name}: ${advice}`),
    };
    await startMissing(stack, state, options);
    const pid = await pidOf(THIRD);
    const [again, now] = withChanged(FIRST, () => undefined);
    await startMissing(again, now, options);
    expect(waits).toEqual([`${THIRD}: turn the key`, `${THIRD}: turn the key`]);
    expect(pid).toBeDefined();
    expect(await pidOf(THIRD)).toBe(pid);
  });
});
