import type { OwnedShard, PublishingLeases } from './leases.ts';

/** Moves cursors beside the publishing that goes on. */
export interface CursorMoves extends PublishingLeases {
  /**
   * Notes that Kafka has all events up to these positions, `events` more than before. Reading goes on from there at once, and
   * the cursors follow in the database. After a large send they follow at once: the call waits for the move before, and
   * begins the next one. After a small send they follow within `apartMs`, together with those of other small sends. Resolves
   * with the shards that moves have found lost since the last call. Rejects when a move failed since then. Then its shards and
   * those of this call stand where they stood. What was sent of them is sent again.
   */
  move(positions: ReadonlyMap<OwnedShard, bigint>, events?: number): Promise<readonly OwnedShard[]>;
  /** Moves what is noted. Resolves when no move is under way any more, however the last one ended. */
  settle(): Promise<void>;
}

/** When cursors follow. */
export interface CursorMoveOptions {
  /** Moves begin so long apart at least, while sends are small. */
  readonly apartMs?: number;
}

/** So many events at most are noted before their cursors follow, and as many again while these are moved. */
export const FEW_EVENTS = 100;

interface Noted {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * The next events are read and sent while the cursors of the events before are on their way. A move waits for the move before
 * it. So a crash doubles the batch in flight, the batch before it, and twice FEW_EVENTS more. Each move is a commit of the
 * database. Under a light load, where every order is sent by itself, a move for each would double the commits.
 */
export function createCursorMoves(
  leases: PublishingLeases,
  { apartMs = 100 }: CursorMoveOptions = {},
): CursorMoves {
  let noted = new Map<OwnedShard, Noted>();
  let events = 0;
  let begunAtMs = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  /** The move that is under way; never rejects. */
  let moving: Promise<void> | undefined;
  let lost: OwnedShard[] = [];
  let failure: { readonly error: unknown } | undefined;

  function note(positions: ReadonlyMap<OwnedShard, bigint>): void {
    for (const [shard, to] of positions) {
      noted.set(shard, { from: noted.get(shard)?.from ?? shard.position, to });
      shard.position = to;
    }
  }

  async function moveNoted(some: ReadonlyMap<OwnedShard, Noted>): Promise<void> {
    try {
      const found = await leases.move(new Map([...some].map(([shard, { to }]) => [shard, to])));
      lost.push(...found);
    } catch (error) {
      failure = { error };
      for (const [shard, { from }] of some) {
        shard.position = from;
        noted.delete(shard);
      }
    } finally {
      moving = undefined;
    }
  }

  /** Begins to move what is noted, after the move that is under way. */
  async function flush(): Promise<void> {
    while (moving) await moving;
    clearTimeout(timer);
    timer = undefined;
    if (noted.size === 0) return;
    const some = noted;
    noted = new Map();
    events = 0;
    begunAtMs = performance.now();
    moving = moveNoted(some);
  }

  return {
    leaseLeftMs: (shard) => leases.leaseLeftMs(shard),
    holds: (shard) => leases.holds(shard),
    async move(positions, more = Infinity) {
      const isLarge = events + more > FEW_EVENTS;
      if (isLarge) while (moving) await moving;
      if (failure) {
        const { error } = failure;
        failure = undefined;
        throw error;
      }
      note(positions);
      events += more;
      const waitMs = begunAtMs + apartMs - performance.now();
      if (isLarge || (waitMs <= 0 && !moving)) await flush();
      else timer ??= setTimeout(() => void flush(), Math.max(0, waitMs));
      const found = lost;
      lost = [];
      return found;
    },
    async settle() {
      await flush();
      await moving;
    },
  };
}
