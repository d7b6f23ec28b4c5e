import { createLimiter } from '@meridian/async';

/** Looks at everything now and then, to find changes that no notification told of. */
export interface Sweeper {
  /** Plans the next sweep, unless one is planned. A call is cheap and may be made often. */
  plan(): void;
  /** Says whether notifications arrive: the pause is then long. What was missed until now is looked for soon. */
  told(now: boolean): void;
  stop(): void;
}

/** What is swept, and how. */
export interface SweeperOptions {
  /** What to look at: all that is watched now; nothing when there is none. */
  looks(): readonly (() => Promise<void>)[];
  /** The pause between two sweeps, while notifications arrive and while they do not. */
  readonly pauseMs: { readonly told: number; readonly untold: number };
  readonly atOnce: number;
}

/** Makes a sweeper. It sleeps while there is nothing to look at. */
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
    // A look that fails is made again with the next sweep.
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
