import { createLimiter } from '@meridian/async';

/** Looks at everything now and then, for what nobody told of. */
export interface Sweeper {
  /** Sees to it that a sweep is due, after the pause that fits. Cheap: call it often. */
  plan(): void;
  /** Says whether changes are told: the pause is then long. One that was missed on the way is looked for soon. */
  told(now: boolean): void;
  stop(): void;
}

/** What is swept, and how. */
export interface SweeperOptions {
  /** What to look at: all that is watched now; nothing when there is none. */
  looks(): readonly (() => Promise<void>)[];
  /** The pause between two sweeps, while changes are told and while they are not. */
  readonly pauseMs: { readonly told: number; readonly untold: number };
  readonly atOnce: number;
}

/** Makes one; it sleeps while there is nothing to look at. */
export function createSweeper({ looks, pauseMs, atOnce }: SweeperOptions): Sweeper {
  let isTold = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  function planIn(ms: number): void {
    if (isStopped || looks().length === 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => void sweep(), ms);
  }
  async function sweep(): Promise<void> {
    const limited = createLimiter(atOnce);
    // What fails is away, and is looked at with the next sweep.
    await Promise.allSettled(looks().map((look) => limited(look)));
    timer = undefined;
    planIn(isTold ? pauseMs.told : pauseMs.untold);
  }

  return {
    plan() {
      if (!timer) planIn(isTold ? pauseMs.told : pauseMs.untold);
    },
    told(now) {
      isTold = now;
      planIn(pauseMs.untold);
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
