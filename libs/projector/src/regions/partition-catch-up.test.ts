import { setImmediate as nextTurn } from 'node:timers/promises';
import { toMessage } from '@meridian/contracts';
import { silentLog, type ReceivedMessage } from '@meridian/messaging';
import { tellStock } from '@meridian/projection/testing/stock-projection';
import { beforeEach, describe, expect, it } from 'vitest';
import { PartitionState } from '../partition/partition-state.ts';
import { recordWith } from './catch-up-pass.ts';
import {
  createPartitionCatchUp,
  type PartitionCatchUp,
  type PartitionCatchUpOptions,
} from './partition-catch-up.ts';

/** Two and a half slices. */
const COUNT = 5_000;
const events = tellStock(Array.from({ length: COUNT }, () => ({ productId: 'a', delta: 1n })));
const partition = events[0]?.shard ?? 0;
const messages = events.map((event, index): ReceivedMessage => {
  const { key, headers, value } = toMessage(event);
  return { offset: String(index), key: Buffer.from(key), headers, value: Buffer.from(value) };
});

type Step = PromiseWithResolvers<void>;

let written: Step[];
let recorded: (Step & { readonly position: bigint })[];
let state: PartitionState;
let owned: PartitionState[];
let catchUp: PartitionCatchUp;

beforeEach(() => {
  [written, recorded] = [[], []];
  const applied = {
    context: 'inventory',
    partition,
    position: BigInt(COUNT),
    eventTime: new Date(0),
  } as const;
  state = new PartitionState({
    context: 'inventory',
    partition,
    regions: ['eu-west', 'us-east'],
    acked: new Map([['eu-west', applied]]),
    parked: [],
    deferred: new Map(),
  });
  owned = [state];
  catchUp = catchUpOf((_state, _until, { position }) => {
    const step = Promise.withResolvers<void>();
    recorded.push({ ...step, position });
    return step.promise;
  });
});

function catchUpOf(record: PartitionCatchUpOptions['record']): PartitionCatchUp {
  const reapply = () => {
    const step = Promise.withResolvers<void>();
    written.push(step);
    return step.promise;
  };
  return createPartitionCatchUp({
    region: 'us-east',
    state,
    states: { loaded: () => owned },
    reapply: Object.assign(reapply, { copyQuarantined: () => Promise.resolve() }),
    journalId: () => undefined,
    record,
  });
}

/** Waits until all work has ended that waits for the event loop only. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}
const positions = () => recorded.map(({ position }) => position);

describe('a partition that is brought back', () => {
  it('has two slices under way at most, and records them in their order', async () => {
    const taken = catchUp.take(messages);
    await idle();
    expect(written).toHaveLength(2);
    written[1]?.resolve();
    await idle();
    expect(positions()).toEqual([]);
    written[0]?.resolve();
    await idle();
    expect(positions()).toEqual([2_000n]);
    expect(written).toHaveLength(2);
    recorded[0]?.resolve();
    await idle();
    expect(positions()).toEqual([2_000n, 4_000n]);
    expect(written).toHaveLength(3);
    recorded[1]?.resolve();
    written[2]?.resolve();
    await idle();
    recorded[2]?.resolve();
    expect(await taken).toBe('enough');
    expect(positions()).toEqual([2_000n, 4_000n, 5_000n]);
    expect(catchUp.outcome()).toBe('done');
  });

  it('lets its next messages come before its last ones are written', async () => {
    expect(await catchUp.take(messages.slice(0, 2_000))).toBe('more');
    void catchUp.take(messages.slice(2_000, 4_000));
    await idle();
    expect(written).toHaveLength(2);
  });

  it('records nothing from a slice on that was not written', async () => {
    const taken = catchUp.take(messages);
    await idle();
    written[1]?.resolve();
    written[0]?.reject(new Error('the region refuses it'));
    await idle();
    expect(positions()).toEqual([]);
    expect(await taken).toBe('enough');
    await catchUp.ended();
    expect(written).toHaveLength(2);
    expect(catchUp.outcome()).toBe('failed');
    expect(catchUp.failure).toEqual(new Error('the region refuses it'));
  });

  it('has failed, too, when its last slice fails after its messages were taken', async () => {
    await catchUp.take(messages.slice(0, 2_000));
    written[0]?.reject(new Error('the region refuses it'));
    await catchUp.ended();
    expect(catchUp.outcome()).toBe('failed');
  });

  it('goes no further once its partition may be another process’s', async () => {
    await catchUp.take(messages.slice(0, 2_000));
    owned = [];
    expect(await catchUp.take(messages.slice(2_000))).toBe('enough');
    expect(written).toHaveLength(1);
    expect(catchUp.outcome()).toBe('gone');
  });

  it.each([
    ['home does not take its last record', () => Promise.reject(new Error('home does not answer'))],
    ['it does not acknowledge its last record', () => Promise.resolve(new Set<string>())],
  ])('is still behind when %s, and the next pass records it', async (_what, first) => {
    const answers = [first];
    const write = async (_progress: unknown, regions: Iterable<string>) =>
      (await answers.shift()?.()) ?? new Set(regions);
    let caughtUp = 0;
    const record = recordWith({ write }, silentLog, 'us-east', () => (caughtUp += 1));
    const outcomeOfPass = async () => {
      const pass = catchUpOf(record);
      const taken = pass.take(messages.slice(-2));
      await idle();
      for (const step of written) step.resolve();
      await taken;
      await pass.ended();
      return pass.outcome();
    };
    state.markRecorded({ ...state.applied, position: BigInt(COUNT - 1) }, ['us-east'], new Set(['us-east']));
    expect(await outcomeOfPass()).toBe('failed');
    expect([state.pendingUpTo('us-east'), caughtUp]).toEqual([BigInt(COUNT), 0]);
    expect(await outcomeOfPass()).toBe('done');
    expect([state.pendingUpTo('us-east'), caughtUp]).toEqual([undefined, 1]);
    expect(state.ackedPosition('us-east')).toBe(BigInt(COUNT));
  });
});
