import type { Follower } from '@meridian/messaging';

/** A follower that is at work only while somebody needs it. */
export interface OnDemandFollower extends Follower {
  /** Starts the follower, unless it is at work: somebody needs it now. A call is cheap and may be made often. */
  need(): void;
}

/** What is followed, and for how long. */
export interface OnDemandOptions {
  /** Begins to follow. */
  start(): Follower;
  /** Called when the follower ends because nobody needs it. */
  onEnd(): void;
  /** Whether somebody who needed the follower still does. */
  isNeeded(): boolean;
  /** How long the follower goes on after it was last needed: each beginning costs the broker a new group. */
  readonly idleMs?: number;
  /** How often to check whether somebody still needs the follower. */
  readonly lookMs?: number;
}

/**
 * Makes a follower that works on demand. A process that nobody asks follows nothing, so its cost does not grow with
 * what others write. Joining takes seconds. Until then, the first callers wait without notifications.
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
