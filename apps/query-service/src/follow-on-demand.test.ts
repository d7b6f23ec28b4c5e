import { describe, expect, it } from 'vitest';
import { followOnDemand } from './follow-on-demand.ts';

/** What is followed, as told by hand. */
function followed() {
  const seen = { started: 0, stopped: 0, ended: 0, watched: false };
  const follower = followOnDemand({
    idleMs: 20,
    lookMs: 2,
    start() {
      seen.started += 1;
      return {
        async stop() {
          await Promise.resolve();
          seen.stopped += 1;
        },
      };
    },
    onEnd: () => (seen.ended += 1),
    isNeeded: () => seen.watched,
  });
  return { seen, follower };
}

describe('what is followed on demand', () => {
  it('is not followed before somebody needs it, then once, until nobody has needed it for a while', async () => {
    const { seen, follower } = followed();
    expect(seen.started).toBe(0);
    seen.watched = true;
    for (let times = 0; times < 3; times++) follower.need();
    expect(seen).toMatchObject({ started: 1, ended: 0 });
    seen.watched = false;
    await expect.poll(() => seen.stopped).toBe(1);
    expect(seen.ended).toBe(1);
    follower.need();
    expect(seen.started).toBe(2);
    await follower.stop();
  });

  it('is followed on while somebody needs it who said so long ago', async () => {
    const { seen, follower } = followed();
    seen.watched = true;
    follower.need();
    const since = performance.now();
    await expect.poll(() => performance.now() - since > 60).toBe(true);
    expect(seen.stopped).toBe(0);
    await follower.stop();
    expect(seen.stopped).toBe(1);
  });

  it('is not begun once it was stopped', async () => {
    const { seen, follower } = followed();
    await follower.stop();
    follower.need();
    expect(seen.started).toBe(0);
  });
});
