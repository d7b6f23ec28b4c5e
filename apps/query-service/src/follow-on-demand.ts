import type { Follower } from '@meridian/messaging';

/** A follower that is at work only while somebody needs it. */
export interface OnDemandFollower extends Follower {
  /** Somebody needs it now: it starts, unless it is at work. Cheap: call it often. */
  need(): void;
}

/** What is followed, and for how long. */
export interface OnDemandOptions {
  /** Begins to follow. */
  start(): Follower;
  /** Told when it ends because nobody needs it. */
  onEnd(): void;
  /** Whether somebody needs it still, who said so before. */
  isNeeded(): boolean;
  /** How long it goes on after it was last needed: to begin costs the broker a new group. */
  readonly idleMs?: number;
  /** How often it is looked at whether somebody needs it. */
  readonly lookMs?: number;
}

/**
 * Makes one. A process that nobody asks follows nothing, so its cost does not grow with what is written elsewhere; the first who
 * need it wait without it for the seconds that it takes to join.
 */
export function followOnDemand(options: OnDemandOptions): OnDemandFollower {
  const { start, onEnd, isNeeded, idleMs = 60_000, lookMs = 1_000 } = options;
  let follower: Follower | undefined;
  let ending: Promise<void> = Promise.resolve();
  let neededMs = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  function end(): void {
    const ended = follower;
    follower = undefined;
    clearInterval(timer);
    if (!ended) return;
    onEnd();
    ending = Promise.all([ending, ended.stop()]).then(() => undefined);
  }
  function look(): void {
    if (isNeeded()) neededMs = performance.now();
    if (performance.now() - neededMs > idleMs) end();
  }

  return {
    need() {
      neededMs = performance.now();
      if (follower || isStopped) return;
      follower = start();
      timer = setInterval(look, lookMs);
      timer.unref();
    },
    async stop() {
      isStopped = true;
      end();
      await ending;
    },
  };
}
