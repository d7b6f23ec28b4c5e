import { createCatchUpPass, LOST_PAUSE_MS, LostPartitions, type CatchUpOptions } from './catch-up-pass.ts';

/** Brings regions back that were left behind. */
export interface CatchUp {
  /**
   * Begins to bring a region back, if the region can be reached by itself, answers, lacks something, and no pass runs for it
   * already.
   */
  begin(region: string): void;
  stop(): Promise<void>;
}

/** The pause after a pass that failed. The pause doubles with every further failure. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 16_000;

/**
 * Makes the catch-up of all regions but home. A pass reads the events that a region lacks from Kafka again, beside the
 * group. The pass applies these events in that region alone; live events go on meanwhile, there too. Several partitions are
 * brought back at once. The region's progress moves with each slice of a partition that is applied.
 *
 * A region is in one of five states. `lacking` are its partitions with a `pendingUpTo`:
 *
 * | state       | healthy | running | pausing | lacking | what happens                                                |
 * | ----------- | ------- | ------- | ------- | ------- | ----------------------------------------------------------- |
 * | complete    | yes     | no      | no      | none    | live events are written there like everywhere               |
 * | silent      | no      | no      | any     | any     | writes leave it out; the store asks it whether it is back   |
 * | catching up | yes     | yes     | no      | some    | passes, one after the other                                 |
 * | pausing     | yes     | no      | yes     | some    | nothing: the last pass failed, and live events begin none   |
 * | lost        | yes     | no      | no      | some    | nothing: Kafka cannot bring back what the region lacks      |
 *
 * | from        | to          | when                                                                                 |
 * | ----------- | ----------- | ------------------------------------------------------------------------------------ |
 * | any         | silent      | a write there, or a pass, had no answer in time                                      |
 * | silent      | catching up | it answers again, and lacks something                                                |
 * | silent      | complete    | it answers again, and lacks nothing                                                  |
 * | complete    | catching up | it did not acknowledge a batch, and still counts as healthy                          |
 * | complete    | catching up | this process has taken a partition over in which the region lacks something          |
 * | catching up | complete    | a pass has brought all that it lacked                                                |
 * | catching up | pausing     | a pass failed for another reason; the pause doubles, from 1 to 16 seconds            |
 * | pausing     | catching up | the pause is over                                                                    |
 * | catching up | lost        | what is left was asked of Kafka in the last minute, and was not there                |
 * | lost        | catching up | a minute is over: an operator may have had it published again; or it lacks more      |
 */
export function createCatchUp(options: CatchUpOptions): CatchUp {
  const { states, store, log, connectRegion } = options;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  /** By region: when the next pass begins. There is one timer per region, for the earliest time. */
  const timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly dueMs: number }>();
  /** By region: how many passes in a row have failed although the region answers. */
  const failures = new Map<string, number>();
  /** Regions whose last pass failed: live events begin no other pass before the pause is over. */
  const pausing = new Set<string>();
  const lost = new LostPartitions();
  const pass = createCatchUpPass(options, { lost, signal: stopping.signal, onCaughtUp: report });
  const behindIn = (region: string) =>
    states.loaded().filter((state) => state.pendingUpTo(region) !== undefined);

  const mayBegin = (region: string) =>
    connectRegion && !running.has(region) && !pausing.has(region) && store.isHealthy(region);

  function report(region: string): void {
    const behind = behindIn(region);
    const gone = behind.filter((state) => lost.has(region, state));
    options.onBehind?.(region, behind.length, gone.length);
  }

  async function run(region: string): Promise<void> {
    while (!stopping.signal.aborted && store.isHealthy(region)) {
      const behind = behindIn(region).filter((state) => lost.mayBeAsked(region, state));
      report(region);
      if (behind.length === 0) return;
      await pass(region, behind);
      failures.delete(region);
    }
  }

  function later(region: string, pauseMs: number): void {
    const dueMs = performance.now() + pauseMs;
    const known = timers.get(region);
    if (stopping.signal.aborted || (known && known.dueMs <= dueMs)) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(() => {
      timers.delete(region);
      pausing.delete(region);
      begin(region);
    }, pauseMs);
    timers.set(region, { timer, dueMs });
  }

  function pauseAfterFailure(region: string): number {
    // The store tells when a region that went away is back.
    if (!store.isHealthy(region)) return FIRST_PAUSE_MS;
    const failed = failures.get(region) ?? 0;
    failures.set(region, failed + 1);
    pausing.add(region);
    return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failed);
  }

  function begin(region: string): void {
    if (!mayBegin(region) || behindIn(region).length === 0) return report(region);
    const work = run(region).then(
      () => running.delete(region) && behindIn(region).length > 0 && later(region, LOST_PAUSE_MS),
      (error: unknown) => {
        running.delete(region);
        if (stopping.signal.aborted) return;
        log.warn({ err: error, region }, 'a region could not be brought back yet; trying again');
        later(region, pauseAfterFailure(region));
      },
    );
    const ended = work.then(() => undefined);
    running.set(region, ended);
  }

  return {
    begin,
    async stop() {
      stopping.abort(new Error('the projector stops'));
      for (const { timer } of timers.values()) clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}
