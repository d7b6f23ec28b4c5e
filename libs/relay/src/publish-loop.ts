import { createSignal } from '@meridian/async';
import { MessageTooLargeError } from '@meridian/messaging';
import type { CursorMoves } from './cursor-moves.ts';
import type { Leases, OwnedShard } from './leases.ts';
import type { Log } from './log.ts';
import { EventTooLargeError, publishNext, type PublisherOptions } from './publisher.ts';
import { createSchedule } from './schedule.ts';
import { LeaseTooShortError } from './send-timeout.ts';

/** What the loop needs, and its bounds. */
export interface PublishLoopOptions {
  readonly leases: Leases;
  readonly cursors: Pick<CursorMoves, 'settle'>;
  readonly publisher: PublisherOptions;
  /** Forgets what is thought to be known of shards: the database is asked. */
  readonly doubt: (shards: readonly OwnedShard[]) => void;
  /** How often to look at every owned shard without having been told to. */
  readonly pollMs: number;
  readonly log: Log;
  /** Whether nothing may be published now. */
  readonly isHeld?: () => boolean;
  /** Told when a topic takes less than was sent to it: its limit may have changed. */
  readonly onTooLarge?: (() => void) | undefined;
}

/** Publishes owned shards, one send at a time, until stopped. */
export class PublishLoop {
  readonly #options: PublishLoopOptions;
  readonly #schedule = createSchedule();
  readonly #wakeUp = createSignal();
  /** Shards whose last batch was too large: they go on event by event. */
  readonly #tooLarge = new WeakSet<OwnedShard>();
  readonly #blocked = new WeakMap<OwnedShard, EventTooLargeError>();
  #stopping = false;

  constructor(options: PublishLoopOptions) {
    this.#options = options;
  }

  /** Notes that shards may have events. */
  lookAt(shards: readonly OwnedShard[]): void {
    for (const shard of shards) this.#schedule.add(shard);
    if (shards.length > 0) this.#wakeUp.notify();
  }

  /** Forgets shards that went to another replica. */
  drop(shards: readonly OwnedShard[]): void {
    for (const shard of shards) this.#schedule.forget(shard);
    if (shards.length > 0) this.#options.log.warn(namesOf(shards), 'shards went to another replica');
  }

  /** How often in a row a shard could not be published. */
  failures(shard: OwnedShard): number {
    return this.#schedule.failures(shard);
  }

  /** The event that a shard stands still at because its topic does not take it. */
  blockedBy(shard: OwnedShard): EventTooLargeError | undefined {
    return this.#blocked.get(shard);
  }

  /** Resolves after `stop`, once the send that was under way has ended. Never rejects: what fails is tried again. */
  async run(): Promise<void> {
    const { leases, pollMs } = this.#options;
    let pollAtMs = 0;
    while (!this.#stopping) {
      const nowMs = performance.now();
      if (nowMs >= pollAtMs) {
        this.#askFor(leases.owned());
        pollAtMs = nowMs + pollMs;
      }
      // Between two sends nothing of any shard is under way: the moment to give some back.
      await this.#giveBack(leases.surplus());
      if (this.#options.isHeld?.()) {
        await this.#wakeUp.wait(pollMs);
        continue;
      }
      const due = this.#takeHeld(nowMs);
      if (due.length > 0) await this.#publish(due);
      else await this.#wakeUp.wait(Math.min(this.#schedule.dueInMs(nowMs) ?? pollMs, pollAtMs - nowMs));
    }
  }

  /** Ends `run`. */
  stop(): void {
    this.#stopping = true;
    this.#wakeUp.notify();
  }

  /** After `run` has ended: publishes what is committed, for `drainMs` at most, and gives up at the first failure. */
  async drain(drainMs: number): Promise<void> {
    const endsAtMs = performance.now() + drainMs;
    this.#askFor(this.#options.leases.owned());
    while (performance.now() < endsAtMs && !this.#options.isHeld?.()) {
      const due = this.#takeHeld(Infinity);
      if (due.length === 0 || !(await this.#publish(due))) return;
    }
  }

  /** Looks at shards without having been told to. */
  #askFor(shards: readonly OwnedShard[]): void {
    this.#options.doubt(shards);
    for (const shard of shards) this.#schedule.add(shard);
  }

  #takeHeld(nowMs: number): readonly OwnedShard[] {
    return this.#schedule.take(nowMs).filter((shard) => this.#options.leases.holds(shard));
  }

  async #publish(shards: readonly OwnedShard[]): Promise<boolean> {
    const { leases, publisher } = this.#options;
    const oneByOne = shards.every((shard) => this.#tooLarge.has(shard));
    try {
      const { more, lost } = await publishNext(oneByOne ? { ...publisher, batchSize: 1 } : publisher, shards);
      this.#schedule.succeeded(shards);
      for (const shard of shards) {
        this.#tooLarge.delete(shard);
        this.#blocked.delete(shard);
      }
      this.drop(lost);
      for (const shard of more) if (leases.holds(shard)) this.#schedule.add(shard);
      return true;
    } catch (error) {
      this.#schedule.failed(shards, performance.now());
      this.#noteTooLarge(shards, error);
      this.#tell(shards, error);
      return false;
    }
  }

  #noteTooLarge(shards: readonly OwnedShard[], error: unknown): void {
    const isOne = error instanceof EventTooLargeError;
    if (!isOne && !(error instanceof MessageTooLargeError)) return;
    // Each is tried alone after a failure.
    for (const shard of shards) this.#tooLarge.add(shard);
    if (isOne) for (const shard of shards) this.#blocked.set(shard, error);
    this.#options.onTooLarge?.();
  }

  #tell(shards: readonly OwnedShard[], error: unknown): void {
    const { log } = this.#options;
    const failures = Math.max(...shards.map((shard) => this.#schedule.failures(shard)));
    const fields = { err: error, ...namesOf(shards), failures };
    if (error instanceof LeaseTooShortError) log.warn(fields, 'waits for its lease before it publishes');
    else if (error instanceof EventTooLargeError)
      log.error(
        fields,
        'an event is larger than its topic takes; its shard stands still until the topic takes it',
      );
    else log.error(fields, 'could not publish; will try again');
  }

  async #giveBack(shards: readonly OwnedShard[]): Promise<void> {
    if (shards.length === 0) return;
    const { leases, cursors, log } = this.#options;
    for (const shard of shards) this.#schedule.forget(shard);
    try {
      await cursors.settle();
      await leases.release(shards);
      log.info(namesOf(shards), 'gave shards to other replicas');
    } catch (error) {
      log.warn({ err: error, ...namesOf(shards) }, 'shards were not released; their leases will end');
    }
  }
}

function namesOf(shards: readonly OwnedShard[]): { shards: number[] } {
  return { shards: shards.map(({ shard }) => shard) };
}
