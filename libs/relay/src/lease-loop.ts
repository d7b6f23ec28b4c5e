import { createSignal } from '@meridian/async';
import type { Leases, OwnedShard } from './leases.ts';
import type { Log } from './log.ts';

/** What keeping leases needs. */
export interface LeaseLoopOptions {
  readonly leases: Pick<Leases, 'renew' | 'owned' | 'share' | 'foreignLeaseEndsInMs' | 'refilling'>;
  readonly renewEveryMs: number;
  readonly log: Log;
  readonly onTaken: (shards: readonly OwnedShard[]) => void;
  readonly onLost: (shards: readonly OwnedShard[]) => void;
}

/** Renews leases until stopped. */
export interface LeaseLoop {
  /** Resolves after `stop`. Never rejects: a renewal that fails is tried again, and leases end by themselves. */
  run(): Promise<void>;
  stop(): void;
}

/** A replica that owns less than its share looks this often for shards that others give up. */
const BELOW_SHARE_MS = 500;

/** How long after the end of another's lease to look: two servers' clocks need not agree to the millisecond. */
const AFTER_END_MS = 5;

/** Makes the loop; it does nothing before `run`. */
export function createLeaseLoop({ leases, renewEveryMs, log, onTaken, onLost }: LeaseLoopOptions): LeaseLoop {
  const stopped = createSignal();
  let stopping = false;
  let refilling = 0;

  function tellOfRefilling(): void {
    const shards = leases.refilling();
    if (shards.length > 0 && refilling === 0)
      log.error({ shards }, 'these shards wait until `meridian journal republish` has been run to its end');
    refilling = shards.length;
  }

  /** Whether the database answered. */
  async function renew(): Promise<boolean> {
    try {
      const { taken, lost } = await leases.renew();
      onLost(lost);
      if (taken.length > 0) log.info({ shards: taken.map(({ shard }) => shard) }, 'took shards');
      onTaken(taken);
      tellOfRefilling();
      return true;
    } catch (error) {
      log.error({ err: error }, 'leases were not renewed; publishing pauses when they end');
      return false;
    }
  }

  /** Until the next renewal is due, or a lease of another ends: its owner may have died, and its shards stand still. */
  function pauseMs(renewed: boolean): number {
    const belowShare = leases.owned().length < leases.share();
    const regularMs = belowShare ? Math.min(renewEveryMs, BELOW_SHARE_MS) : renewEveryMs;
    if (!renewed) return regularMs;
    return Math.min(regularMs, Math.max(0, leases.foreignLeaseEndsInMs()) + AFTER_END_MS);
  }

  return {
    async run() {
      while (!stopping) {
        const renewed = await renew();
        await stopped.wait(pauseMs(renewed));
      }
    },
    stop() {
      stopping = true;
      stopped.notify();
    },
  };
}
