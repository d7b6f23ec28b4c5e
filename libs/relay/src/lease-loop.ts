import type { Leases, OwnedShard } from './leases.ts';
import type { Log } from './log.ts';
import { createSignal } from './signal.ts';

/** What keeping leases needs. */
export interface LeaseLoopOptions {
  readonly leases: Leases;
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

/** Makes the loop; it does nothing before `run`. */
export function createLeaseLoop({ leases, renewEveryMs, log, onTaken, onLost }: LeaseLoopOptions): LeaseLoop {
  const stopped = createSignal();
  let stopping = false;

  async function renew(): Promise<void> {
    try {
      const { taken, lost } = await leases.renew();
      onLost(lost);
      if (taken.length > 0) log.info({ shards: taken.map(({ shard }) => shard) }, 'took shards');
      onTaken(taken);
    } catch (error) {
      log.error({ err: error }, 'leases were not renewed; publishing pauses when they end');
    }
  }

  return {
    async run() {
      while (!stopping) {
        await renew();
        const belowShare = leases.owned().length < leases.share();
        await stopped.wait(belowShare ? Math.min(renewEveryMs, BELOW_SHARE_MS) : renewEveryMs);
      }
    },
    stop() {
      stopping = true;
      stopped.notify();
    },
  };
}
