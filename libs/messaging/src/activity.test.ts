import { afterEach, describe, expect, it, vi } from 'vitest';
import { createActivity } from './activity.ts';
import { activityOf, connectKafka } from './kafka.ts';

afterEach(() => void vi.useRealTimers());

describe('the activity of a client of Kafka', () => {
  it('tells tries from answers', () => {
    let nowMs = 0;
    const activity = createActivity(() => nowMs);
    nowMs = 100;
    activity.tried();
    nowMs = 130;
    const seen = () => [activity.idleMs(), activity.untriedMs(), activity.silentMs()];
    expect(seen()).toEqual([30, 30, 130]);
    activity.answered();
    expect(seen()).toEqual([0, 30, 0]);
    nowMs = 150;
    activity.tried();
    expect(seen()).toEqual([0, 0, 20]);
  });

  it('is not moved by a step of the clock', () => {
    const activity = createActivity();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    expect(activity.idleMs()).toBeLessThan(3_600_000);
  });

  it('goes on while every try of a client fails', async () => {
    // Nobody listens on port 1 of this machine.
    const kafka = connectKafka({ brokers: ['127.0.0.1:1'], clientId: 'test' });
    const activity = activityOf(kafka);
    const tried = vi.spyOn(activity, 'tried');
    const admin = kafka.admin();
    const connecting = admin.connect().catch(() => undefined);
    await expect.poll(() => tried.mock.calls.length).toBeGreaterThan(1);
    await admin.disconnect();
    await connecting;
  });
});
