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

/** Makes a sweeper. It sleeps while there is nothing to look at. There is one sweep at a time, or one planned. */
export function createSweeper({ looks, pauseMs, atOnce }: SweeperOptions): Sweeper {
  let isTold = false;
  let isStopped = false;
  let isSweeping = false;
  /** What was missed is looked for soon after the sweep that is under way: its looks may have been before the miss. */
  let isSoon = false;
  let timer: NodeJS.Timeout | undefined;

  const usualMs = () => (isTold ? pauseMs.told : pauseMs.untold);
  function planIn(ms: number): void {
    if (isStopped || isSweeping || looks().length === 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => void sweep(), ms);
  }
  async function sweep(): Promise<void> {
    [timer, isSweeping, isSoon] = [undefined, true, false];
    const limited = createLimiter(atOnce);
    // A look that fails is made again with the next sweep.
    await Promise.allSettled(looks().map((look) => limited(look)));
    isSweeping = false;
    planIn(isSoon ? pauseMs.untold : usualMs());
  }

  return {
    plan() {
      if (!timer) planIn(usualMs());
    },
    told(now) {
      isTold = now;
      isSoon = true;
      planIn(pauseMs.untold);
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
