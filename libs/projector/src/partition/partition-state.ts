import { createMutex, type Limiter } from '@meridian/async';
import { partitionKey, type ContextName, type PartitionKey } from '@meridian/contracts';
import {
  type DeferredEvent,
  lastParked,
  type ParkedAggregate,
  type PartitionOf,
  type PartitionProgress,
  type PutAside,
} from '@meridian/read-store';
import type { ProgressWriter } from '../store/progress-writer.ts';

/** What the store knows of a partition when a process takes it over. */
export interface LoadedPartition extends PartitionOf {
  /** All regions, the home region first. */
  readonly regions: readonly string[];
  /** By region: the progress that is recorded there. */
  readonly acked: ReadonlyMap<string, PartitionProgress>;
  readonly parked: readonly ParkedAggregate[];
  readonly deferred: ReadonlyMap<bigint, DeferredEvent>;
  /** Up to where events were ever put aside, and discarded; 0 when none was. */
  readonly marks?: PutAside & { readonly discardedUpTo: bigint };
}

/** What a batch adds to the quarantine of a partition. */
export interface AddedQuarantine {
  /** By id: the parked aggregates that changed, as they are now. */
  readonly aggregates: ReadonlyMap<string, ParkedAggregate>;
  readonly parked: readonly { readonly position: bigint }[];
  readonly deferred: readonly (DeferredEvent & { readonly position: bigint })[];
}

/**
 * What a process knows of a partition while it owns it. All changes go through its methods:
 *
 * | change                        | when                                                 | what it changes                       |
 * | ----------------------------- | ---------------------------------------------------- | ------------------------------------- |
 * | `take`                        | a batch is decoded, and its rows are about to go out | taken                                 |
 * | `quarantine`                  | rows and quarantined messages of a batch are written | parked, deferred                      |
 * | `markApplied`                 | the same, before the progress is written             | applied; pending for silent regions   |
 * | `markResumeAt`                | a batch was read again and moved no position         | where the topic goes on               |
 * | `record`, `markRecorded`      | a progress was sent to regions                       | acked; pending where it was not taken |
 * | `markCaughtUp`                | a region got what it lacked                          | pending                               |
 * | `park`, `unpark`              | an operator's request is executed                    | parked                                |
 * | `applyDeferred`, `failDeferred` | a deferred event was tried                         | deferred                              |
 */
export class PartitionState implements PartitionOf {
  readonly key: PartitionKey;
  readonly context: ContextName;
  readonly partition: number;
  /**
   * The position when this process took the partition over. Other processes applied the events up to it, and no event
   * above it.
   */
  readonly takenOverAt: bigint;
  /**
   * Up to where events had ever been discarded when this process took the partition over. Kafka still holds these events, and
   * nothing tells them from those that were applied.
   */
  readonly discardedUpTo: bigint;
  readonly #mutex: Limiter = createMutex();
  readonly #regions: readonly string[];
  readonly #acked: Map<string, PartitionProgress>;
  readonly #pendingUpTo: Map<string, bigint>;
  readonly #parked: Map<string, ParkedAggregate>;
  readonly #deferred: Map<bigint, DeferredEvent>;
  #parkedUpTo: bigint;
  #deferredUpTo: bigint;
  #applied: PartitionProgress;
  #taken: PartitionProgress;
  #underWay: Promise<void> = Promise.resolve();

  constructor(loaded: LoadedPartition) {
    const { context, partition, regions, acked, parked, deferred, marks } = loaded;
    this.key = partitionKey(context, partition);
    this.context = context;
    this.partition = partition;
    this.#regions = regions;
    this.#acked = new Map(acked);
    const nothing = { context, partition, position: 0n, eventTime: new Date(0) };
    this.#applied = acked.get(regions[0] ?? '') ?? nothing;
    this.#taken = this.#applied;
    this.takenOverAt = this.#applied.position;
    this.discardedUpTo = marks?.discardedUpTo ?? 0n;
    this.#parkedUpTo = highest(marks?.parkedUpTo, ...parked.map(({ lastPosition }) => lastPosition));
    this.#deferredUpTo = highest(marks?.deferredUpTo, ...deferred.keys());
    const behind = regions.filter((region) => this.ackedPosition(region) < this.#applied.position);
    this.#pendingUpTo = new Map(behind.map((region) => [region, this.#applied.position]));
    this.#parked = new Map(parked.map((one) => [one.aggregateId, one]));
    this.#deferred = new Map(deferred);
  }

  /** How far the home region is. */
  get applied(): PartitionProgress {
    return this.#applied;
  }

  /** Up to where events are applied, or about to be. An event that is not above this position is a duplicate. */
  get taken(): PartitionProgress {
    return this.#taken;
  }

  /**
   * Runs work in its turn: batches begin one after the other, and so do the requests of operators. The work gets a promise for the
   * batches that are under way. The promise resolves when all of them are applied and recorded, and rejects when one failed.
   */
  inTurn<T>(work: (underWay: Promise<void>) => Promise<T>): Promise<T> {
    return this.#mutex(() => work(this.#underWay));
  }

  /** Runs work while no batch is under way. Rejects when a batch failed: this state is not true then. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.inTurn(async (underWay) => {
      await underWay;
      return work();
    });
  }

  /**
   * A batch is about to be applied, up to this progress. `done` resolves when this batch and all earlier ones are applied and
   * recorded. It rejects when one of them failed.
   */
  take(progress: PartitionProgress | undefined, done: Promise<void>): void {
    this.#taken = progress ?? this.#taken;
    this.#underWay = done;
    // The handler of the batch gets this failure, and so does the work after it.
    done.catch(() => undefined);
  }

  /** By id: the aggregates whose events are parked. */
  get parked(): ReadonlyMap<string, ParkedAggregate> {
    return this.#parked;
  }

  /**
   * By position: the events of unknown types that are kept for a later version of the code. Such an event is only applied late,
   * never in its turn. Otherwise nobody could tell whether it was applied.
   */
  get deferred(): ReadonlyMap<bigint, DeferredEvent> {
    return this.#deferred;
  }

  /** The progress that a region has recorded. */
  ackedProgress(region: string): PartitionProgress | undefined {
    return this.#acked.get(region);
  }

  /** The position of a region's recorded progress. Kafka gives no event again that is not above this position. */
  ackedPosition(region: string): bigint {
    return this.#acked.get(region)?.position ?? 0n;
  }

  /** The last position that a region may lack; undefined when the region has all that is applied. */
  pendingUpTo(region: string): bigint | undefined {
    return this.#pendingUpTo.get(region);
  }

  /** The regions that may lack something. */
  regionsBehind(): readonly string[] {
    return [...this.#pendingUpTo.keys()];
  }

  /** The regions that have everything that is applied. */
  completeRegions(): readonly string[] {
    return this.#regions.filter((region) => !this.#pendingUpTo.has(region));
  }

  /** The quarantined messages of a batch are written. A parked event is not deferred any more. */
  quarantine({ aggregates, parked, deferred }: AddedQuarantine): void {
    for (const [id, aggregate] of aggregates) this.#parked.set(id, aggregate);
    for (const { position } of parked) this.#deferred.delete(position);
    for (const { position, aggregateId, type } of deferred)
      this.#deferred.set(position, { aggregateId, type });
    this.#parkedUpTo = highest(this.#parkedUpTo, lastParked(parked, aggregates.values()));
    this.#deferredUpTo = highest(this.#deferredUpTo, deferred.at(-1)?.position);
  }

  /**
   * The home region has everything up to this progress. From now on, the regions that have not acknowledged count as behind.
   * Gives the regions that have everything up to this progress.
   */
  markApplied(progress: PartitionProgress, acknowledged: ReadonlySet<string>): readonly string[] {
    this.#applied = progress;
    for (const region of this.#regions)
      if (!acknowledged.has(region)) this.#pendingUpTo.set(region, progress.position);
    return this.completeRegions();
  }

  /** The topic goes on at this offset after the applied events. Gives the progress that says so. */
  markResumeAt(nextOffset: bigint): PartitionProgress {
    this.#applied = { ...this.#applied, nextOffset };
    this.#taken = this.#applied;
    return this.#applied;
  }

  /**
   * Records a progress that is true of these regions, marks which of them acknowledged, and gives these. Rejects when the
   * home region did not.
   */
  async record(
    progress: PartitionProgress,
    regions: readonly string[],
    writer: ProgressWriter,
  ): Promise<ReadonlySet<string>> {
    const recorded = await writer.write(this.#withPutAside(progress), regions);
    this.markRecorded(progress, regions, recorded);
    return recorded;
  }

  /** Records where the topic goes on. A region that does not acknowledge lacks no event, and does not count as behind. */
  async resumeAt(
    progress: PartitionProgress,
    regions: readonly string[],
    writer: ProgressWriter,
  ): Promise<void> {
    const recorded = await writer.write(this.#withPutAside(progress), regions);
    this.markRecorded(progress, recorded, recorded);
  }

  /** The progress, with what was ever put aside. What was put aside above the progress may be in it, too. */
  #withPutAside(progress: PartitionProgress): PartitionProgress {
    return { ...progress, putAside: { parkedUpTo: this.#parkedUpTo, deferredUpTo: this.#deferredUpTo } };
  }

  /**
   * A progress was sent to the regions that it is true of. The regions of `recorded` acknowledged; the others count
   * as behind.
   */
  markRecorded(progress: PartitionProgress, regions: Iterable<string>, recorded: ReadonlySet<string>): void {
    for (const region of regions) {
      if (recorded.has(region)) {
        if (progress.position >= this.ackedPosition(region)) this.#acked.set(region, progress);
      } else if ((this.#pendingUpTo.get(region) ?? 0n) < progress.position)
        this.#pendingUpTo.set(region, progress.position);
    }
  }

  /**
   * A region got everything up to `until`. Gives whether the region has all that is applied. It has, unless it missed a later
   * event in the meantime: it acknowledged all others.
   */
  markCaughtUp(region: string, until: bigint): boolean {
    if ((this.#pendingUpTo.get(region) ?? 0n) > until) return false;
    this.#pendingUpTo.delete(region);
    return true;
  }

  /** An aggregate is parked in the store, in this form. */
  park(aggregate: ParkedAggregate): void {
    this.#parked.set(aggregate.aggregateId, aggregate);
  }

  /** The aggregate is not parked any more. */
  unpark(aggregateId: string): void {
    this.#parked.delete(aggregateId);
  }

  /** A deferred event was applied late, by this process or by an earlier owner of the partition. */
  applyDeferred(position: bigint): void {
    this.#deferred.delete(position);
  }

  /**
   * A deferred event cannot be applied, although its type is known by now. It stays deferred, and this process does
   * not try it again.
   */
  failDeferred({ position, aggregateId, type }: DeferredEvent & { readonly position: bigint }): void {
    this.#deferred.set(position, { aggregateId, type, failed: true });
  }
}

/** The highest of these positions; 0 when there is none. */
function highest(...positions: readonly (bigint | undefined)[]): bigint {
  return positions.reduce<bigint>((most, one) => (one !== undefined && one > most ? one : most), 0n);
}
