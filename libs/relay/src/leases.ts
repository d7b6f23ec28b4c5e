import { SHARD_COUNT } from '@meridian/kernel';
import { bigintOf, booleanOf, numberOf, textOf, type MysqlPool, type Row } from '@meridian/mysql';
import { fairShare } from './fair-share.ts';
import { createRenewals } from './renewals.ts';

/** A shard that this replica owns until its lease ends. */
export interface OwnedShard {
  readonly shard: number;
  /** Raised at every take-over; the cursor moves under it only. */
  readonly epoch: bigint;
  /** All events of the shard up to here are in Kafka. */
  position: bigint;
  /** When the lease ends at the earliest, by performance.now(). */
  leaseEndsAtMs: number;
  /** The last position to publish under this lease; no bound when left out. */
  readonly untilPosition?: bigint;
}

/** What publishing asks of whoever holds the leases. */
export interface PublishingLeases extends Pick<Leases, 'leaseLeftMs' | 'holds'> {
  /** As `Leases.move`, or later; `events` says how many events more Kafka has. */
  move(positions: ReadonlyMap<OwnedShard, bigint>, events?: number): Promise<readonly OwnedShard[]>;
}

/** What a renewal changed. */
export interface Renewal {
  readonly taken: readonly OwnedShard[];
  readonly lost: readonly OwnedShard[];
}

/** Whose leases, and for how long they are. */
export interface LeaseOptions {
  readonly pool: MysqlPool;
  /** New with every start of the process. */
  readonly owner: string;
  readonly leaseMs: number;
}

const LEASE_END = 'UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND';
const ROWS = `
SELECT shard, owner, epoch, position, lease_until > UTC_TIMESTAMP(3) AS held,
       TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), lease_until) AS left_us,
       lease_ms, CAST(lease_until AS CHAR) AS lease_end,
       EXISTS (SELECT 1 FROM relay_refill WHERE relay_refill.shard = relay_shard.shard) AS refilling
  FROM relay_shard`;

const RENEW = `
INSERT INTO relay_replica (replica, alive_until) VALUES (?, ${LEASE_END})
  ON DUPLICATE KEY UPDATE alive_until = ${LEASE_END};
UPDATE relay_shard SET lease_until = ${LEASE_END}, lease_ms = ? WHERE owner = ? ORDER BY shard;
SELECT replica, CAST(alive_until AS CHAR) AS alive_end FROM relay_replica WHERE alive_until > UTC_TIMESTAMP(3);
${ROWS}`;

// A lease that was seen to be over is taken only if it is unchanged. Its owner may have renewed it since then.
const TAKE = `
UPDATE relay_shard SET owner = ?, epoch = epoch + 1, lease_until = ${LEASE_END}, lease_ms = ?
  WHERE shard IN (?) AND (owner = '' OR lease_until <= UTC_TIMESTAMP(3)
                          OR (shard, epoch, CAST(lease_until AS CHAR CHARACTER SET ascii)) IN (?)) ORDER BY shard;
${ROWS}`;

/**
 * The leases of one replica on shards, in table relay_shard. A lease is counted here from before its renewal was sent,
 * by the monotonic clock. So the lease ends here before it ends in the database, whose clock decides when others may
 * take over.
 */
export class Leases {
  readonly #pool: MysqlPool;
  readonly #owner: string;
  readonly #leaseMs: number;
  readonly #owned = new Map<number, OwnedShard>();
  readonly #renewals = createRenewals();
  #live: readonly string[];
  #foreignEndsAtMs = Infinity;
  #refilling: readonly number[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor({ pool, owner, leaseMs }: LeaseOptions) {
    this.#pool = pool;
    this.#owner = owner;
    this.#leaseMs = leaseMs;
    this.#live = [owner];
  }

  /** The shards that were owned when the last renewal was answered; ask leaseLeftMs before acting on one. */
  owned(): readonly OwnedShard[] {
    return [...this.#owned.values()];
  }

  /** Replicas that were alive at the last renewal, this one among them. */
  liveReplicas(): readonly string[] {
    return this.#live;
  }

  /** How many shards this replica should own. */
  share(): number {
    return fairShare(this.#owner, this.#live, SHARD_COUNT);
  }

  /** Owned shards beyond the fair share: to be released once nothing of theirs is under way. */
  surplus(): readonly OwnedShard[] {
    return this.owned().slice(this.share());
  }

  /** Shards that nobody may take before `republish` has ended: Kafka holds only a part of what it had of them. */
  refilling(): readonly number[] {
    return this.#refilling;
  }

  /**
   * How long until the first lease of another ends unless it is renewed, in milliseconds: the moment to look who has died.
   * Infinity when nobody else holds one.
   */
  foreignLeaseEndsInMs(): number {
    return this.#foreignEndsAtMs - performance.now();
  }

  /** How long a lease holds for certain, in milliseconds; negative when it may have ended. */
  leaseLeftMs({ leaseEndsAtMs }: OwnedShard): number {
    return leaseEndsAtMs - performance.now();
  }

  /** Whether a shard is still ours under this epoch, as far as is known here. */
  holds(shard: OwnedShard): boolean {
    return this.#owned.get(shard.shard) === shard;
  }

  /**
   * Renews what is owned, forgets what was lost, and takes free shards up to the fair share. Throws when the database does not
   * answer; the leases then run out by themselves.
   */
  renew(): Promise<Renewal> {
    return this.#inTurn(async () => {
      const sentAtMs = performance.now();
      const leaseUs = this.#leaseMs * 1_000;
      const values = [this.#owner, leaseUs, leaseUs, leaseUs, this.#leaseMs, this.#owner];
      const [, , replicas, shards] = await this.#pool.queryAll(RENEW, values);
      this.#live = this.#replicasIn(replicas?.rows ?? []);
      const rows = shards?.rows.map((row) => this.#watch(row)) ?? [];
      this.#renewals.forgetOthers();
      const renewed = this.#reconcile(rows, sentAtMs);
      const free = rows.filter(isFree).slice(0, Math.max(0, this.share() - this.#owned.size));
      if (free.length === 0) return renewed;
      const more = await this.#take(free);
      return { taken: [...renewed.taken, ...more.taken], lost: [...renewed.lost, ...more.lost] };
    });
  }

  /**
   * Moves cursors forward, each under its epoch, and forgets the shards that were no longer ours: it answers with these. Of
   * the others the cursor stands in the database when it resolves.
   */
  async move(positions: ReadonlyMap<OwnedShard, bigint>): Promise<readonly OwnedShard[]> {
    const moves = [...positions];
    if (moves.length === 0) return [];
    const { affectedRows } = await this.#pool.query(
      // A move that was thought to be lost may come after a later one, and must not take it back.
      `UPDATE relay_shard SET position = GREATEST(position, CASE shard ${moves.map(() => 'WHEN ? THEN ?').join(' ')} END)
       WHERE owner = ? AND (shard, epoch) IN (?) ORDER BY shard`,
      [
        ...moves.flatMap(([{ shard }, position]) => [shard, position]),
        this.#owner,
        moves.map(([{ shard, epoch }]) => [shard, epoch]),
      ],
    );
    const lost = affectedRows < moves.length ? this.#forgetLost((await this.#pool.query(ROWS)).rows) : [];
    // Reading may have gone on beyond it meanwhile.
    for (const [shard, position] of moves)
      if (!lost.includes(shard) && shard.position < position) shard.position = position;
    return lost;
  }

  /** Gives shards back at once, for others to take. */
  release(shards: readonly OwnedShard[]): Promise<void> {
    return this.#inTurn(async () => {
      if (shards.length === 0) return;
      for (const { shard } of shards) this.#owned.delete(shard);
      await this.#pool.query(
        `UPDATE relay_shard SET owner = '', lease_until = UTC_TIMESTAMP(3)
         WHERE owner = ? AND (shard, epoch) IN (?) ORDER BY shard`,
        [this.#owner, shards.map(({ shard, epoch }) => [shard, epoch])],
      );
    });
  }

  /** Gives everything back and says good-bye: the others' shares grow. */
  async leave(): Promise<void> {
    await this.release(this.owned());
    await this.#pool.query(
      'DELETE FROM relay_replica WHERE replica = ? OR alive_until < UTC_TIMESTAMP(3) - INTERVAL 1 DAY',
      [this.#owner],
    );
  }

  async #take(free: readonly WatchedRow[]): Promise<Renewal> {
    const sentAtMs = performance.now();
    const shards = free.map(({ row }) => numberOf(row, 'shard'));
    const seen = free.map(({ row }) => [
      numberOf(row, 'shard'),
      bigintOf(row, 'epoch'),
      textOf(row, 'lease_end'),
    ]);
    const values = [this.#owner, this.#leaseMs * 1_000, this.#leaseMs, shards, seen];
    const [, rows] = await this.#pool.queryAll(TAKE, values);
    return this.#reconcile(rows?.rows.map((row) => this.#watch(row)) ?? [], sentAtMs);
  }

  /** A replica renews its word several times within a lease: one whose word only lies far ahead has died. */
  #replicasIn(rows: readonly Row[]): readonly string[] {
    const nowMs = performance.now();
    const alive = rows.filter((row) => {
      const key = `replica ${textOf(row, 'replica')}`;
      return this.#renewals.unchangedMs(key, textOf(row, 'alive_end'), nowMs) <= this.#leaseMs;
    });
    return rows.length > 0 ? alive.map((row) => textOf(row, 'replica')) : [this.#owner];
  }

  /** How long a lease still is, by the database's clock, and by what was seen of it here: whichever is shorter. */
  #watch(row: Row): WatchedRow {
    const key = `shard ${numberOf(row, 'shard')}`;
    const value = `${bigintOf(row, 'epoch')} ${textOf(row, 'lease_end')}`;
    const unchangedMs = this.#renewals.unchangedMs(key, value, performance.now());
    const lengthMs = Math.max(this.#leaseMs, numberOf(row, 'lease_ms'));
    const leftMs = Math.min(numberOf(row, 'left_us') / 1_000, lengthMs - unchangedMs);
    return { row, leftMs, isHeld: booleanOf(row, 'held') && leftMs > 0 };
  }

  /** Renewing and releasing run one after the other: an answer must not bring back what was released meanwhile. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn;
    return turn;
  }

  /** Takes over what the rows say; a shard keeps its object as long as its epoch. */
  #reconcile(watched: readonly WatchedRow[], sentAtMs: number): Renewal {
    const taken: OwnedShard[] = [];
    const foreign = watched.filter(
      ({ row, isHeld }) => isHeld && !['', this.#owner].includes(textOf(row, 'owner')),
    );
    const rows = watched.map(({ row }) => row);
    this.#refilling = rows.filter((row) => booleanOf(row, 'refilling')).map((row) => numberOf(row, 'shard'));
    // From when the answer came: a look that is early finds the lease still held.
    this.#foreignEndsAtMs = performance.now() + Math.min(...foreign.map(({ leftMs }) => leftMs));
    const lost = this.#forgetLost(rows);
    const leaseEndsAtMs = sentAtMs + this.#leaseMs;
    for (const row of rows) {
      if (textOf(row, 'owner') !== this.#owner) continue;
      const shard = numberOf(row, 'shard');
      const known = this.#owned.get(shard);
      if (known) {
        known.leaseEndsAtMs = leaseEndsAtMs;
        continue;
      }
      const epoch = bigintOf(row, 'epoch');
      const fresh: OwnedShard = { shard, epoch, position: bigintOf(row, 'position'), leaseEndsAtMs };
      this.#owned.set(shard, fresh);
      taken.push(fresh);
    }
    return { taken, lost };
  }

  /** Forgets the shards of which the rows say that they are another's or in another epoch. */
  #forgetLost(rows: readonly Row[]): readonly OwnedShard[] {
    const ours = new Map<number, bigint>();
    for (const row of rows)
      if (textOf(row, 'owner') === this.#owner) ours.set(numberOf(row, 'shard'), bigintOf(row, 'epoch'));
    const lost = this.owned().filter(({ shard, epoch }) => ours.get(shard) !== epoch);
    for (const { shard } of lost) this.#owned.delete(shard);
    return lost;
  }
}

/** A shard's row, and what is left of its lease for all that is known here. */
interface WatchedRow {
  readonly row: Row;
  readonly leftMs: number;
  readonly isHeld: boolean;
}

const isFree = ({ row, isHeld }: WatchedRow): boolean =>
  !booleanOf(row, 'refilling') && (textOf(row, 'owner') === '' || !isHeld);
