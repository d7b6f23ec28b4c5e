import { describe, expect, it, vi } from 'vitest';
import {
  createCommandQueue,
  QueueClosedError,
  QueueFullError,
  type CommandQueueOptions,
} from './command-queue.ts';
import type { Command } from '../command/command.ts';
import type { CommandOutcome } from '../command/outcome.ts';

function command(requestId: string, sizeBytes = 1): Command {
  return {
    requestId,
    name: 'Test',
    fingerprint: new Uint8Array(32),
    actor: '',
    traceparent: '',
    locks: [],
    sizeBytes,
    decide: () => {
      throw new Error('not decided here');
    },
  };
}

const accepted: CommandOutcome = {
  kind: 'accepted',
  aggregateId: 'a',
  version: 1n,
  positions: new Map([['orders/3', 1n]]),
  answer: new Uint8Array(),
  replayed: false,
};

/** A queue over a unit of work whose groups end when the test says so. */
function controlled(bounds: Partial<CommandQueueOptions> = {}, outcome: CommandOutcome = accepted) {
  const groups: { ids: string[]; end(error?: Error): void }[] = [];
  const queue = createCommandQueue({
    maxCommands: 10,
    maxQueued: 10,
    unitOfWork: {
      execute: (commands) =>
        new Promise((resolve, reject) => {
          const end = (error?: Error) => (error ? reject(error) : resolve(commands.map(() => outcome)));
          groups.push({ ids: commands.map(({ requestId }) => requestId), end });
        }),
      heldAmong: (rows) => Promise.resolve(rows),
    },
    ...bounds,
  });
  return { queue, groups };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('sends a lone command at once and groups what queues meanwhile', async () => {
    const { queue, groups } = controlled();
    const answers = ['1', '2', '3'].map((id) => queue.submit(command(id)));
    expect(groups.map(({ ids }) => ids)).toEqual([['1']]);
    expect(queue.depth()).toBe(2);
    groups[0]!.end();
    await settled();
    expect(groups.map(({ ids }) => ids)).toEqual([['1'], ['2', '3']]);
    groups[1]!.end();
    expect(await Promise.all(answers)).toEqual([accepted, accepted, accepted]);
  });

  it('bounds a group in commands and in bytes; what is larger than the bound goes alone', async () => {
    const { queue, groups } = controlled({ maxCommands: 3, maxBytes: 2_100 });
    const sizes = [1, 1, 1, 1, 900, 900, 9_000, 1];
    const answers = sizes.map((size, index) => queue.submit(command(String(index), size)));
    for (let group = 0; group < 6; group++) {
      groups[group]?.end();
      await settled();
    }
    await Promise.all(answers);
    expect(groups.map(({ ids }) => ids.join(''))).toEqual(['0', '123', '4', '5', '6', '7']);
  });

  it('refuses what does not fit any more, and everything once it drains', async () => {
    const { queue, groups } = controlled({ maxQueued: 1 });
    const answers = [queue.submit(command('1')), queue.submit(command('2'))];
    await expect(queue.submit(command('3'))).rejects.toThrow(QueueFullError);
    const drained = queue.drain();
    await expect(queue.submit(command('4'))).rejects.toThrow(QueueClosedError);
    groups[0]!.end();
    await settled();
    groups[1]!.end();
    await drained;
    expect(await Promise.all(answers)).toHaveLength(2);
  });

  it('lets a command be withdrawn while it waits, and not once it has joined a group', async () => {
    const { queue, groups } = controlled();
    const [first, second] = [new AbortController(), new AbortController()];
    const running = queue.submit(command('1'), first.signal);
    const waiting = queue.submit(command('2'), second.signal);
    first.abort(new Error('too late'));
    second.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    groups[0]!.end();
    expect(await running).toEqual(accepted);
    await settled();
    expect(groups).toHaveLength(1);
    await expect(queue.submit(command('3'), second.signal)).rejects.toThrow('cancelled');
  });

  it('lets all that wait be withdrawn at once without a look at the others for each', async () => {
    const count = 3_000;
    const { queue, groups } = controlled({ maxQueued: count });
    const running = queue.submit(command('running'));
    const callers = Array.from({ length: count }, () => new AbortController());
    const answers = callers.map(({ signal }, n) => queue.submit(command(String(n)), signal));
    const withdrawn = Promise.allSettled(answers);
    let looks = 0;
    const ways = (['filter', 'indexOf', 'findIndex', 'slice', 'splice', 'includes'] as const).map((way) => {
      const original: unknown = Reflect.get(Array.prototype, way);
      return vi.spyOn(Array.prototype, way).mockImplementation(function (
        this: unknown[],
        ...args: unknown[]
      ) {
        looks += this.length;
        return Reflect.apply(original as () => never, this, args);
      });
    });
    for (const caller of callers) caller.abort(new Error('too late'));
    for (const way of ways) way.mockRestore();
    expect(queue.depth()).toBe(0);
    expect(looks).toBeLessThan(100 * count);
    expect((await withdrawn).every(({ status }) => status === 'rejected')).toBe(true);
    groups[0]!.end();
    await running;
  });

  it('hands a command its own error, and a whole group the error of the store', async () => {
    const failed = controlled({}, { kind: 'failed', error: new Error('its own') });
    const answer = failed.queue.submit(command('1'));
    failed.groups[0]!.end();
    await expect(answer).rejects.toThrow('its own');
    const away = controlled();
    const answers = [away.queue.submit(command('1')), away.queue.submit(command('2'))];
    away.groups[0]!.end(new Error('store away'));
    await expect(answers[0]).rejects.toThrow('store away');
    await settled();
    away.groups[1]!.end();
    expect(await answers[1]).toEqual(accepted);
  });
});
