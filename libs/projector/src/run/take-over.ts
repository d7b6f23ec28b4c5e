import { settled, unlessAborted } from '@meridian/async';
import type { Log } from '@meridian/messaging';
import type { PartitionState } from '../partition/partition-state.ts';
import type { PartitionStates } from '../partition/partition-states.ts';
import { controlUntil, persist } from '../partition/persist.ts';
import type { IdleRewinder, TakenPartition } from './idle-rewinder.ts';

/** Takes over the partitions that this process is assigned. */
export interface TakeOver {
  /**
   * Reads the states of these partitions, and completes what earlier owners may have left undone. Repeats that until it
   * has succeeded for all of them, or until they may be another process's. A partition without new events gets no batch that
   * would read its state. The partitions that were assigned before are not this process's any more.
   */
  begin(partitions: readonly TakenPartition[]): void;
  /** The partitions may be another process's by now: no further try begins. */
  end(): void;
  /** Ends, and resolves when nothing is under way. */
  stop(): Promise<void>;
}

/** What taking partitions over needs. */
export interface TakeOverOptions {
  readonly states: PartitionStates;
  readonly log: Log;
  readonly projector: string;
  readonly rewinder?: IdleRewinder | undefined;
  /** Completes what an earlier owner of a partition may have left undone. Called again when it has failed. */
  complete(state: PartitionState): Promise<void>;
}

/** Makes it, with no partition assigned. */
export function createTakeOver({ states, log, projector, rewinder, complete }: TakeOverOptions): TakeOver {
  let assignment = new AbortController();
  let ended = Promise.resolve();

  async function takeOver(partitions: readonly TakenPartition[], signal: AbortSignal): Promise<void> {
    const left = new Set(partitions);
    const takeOne = async (one: TakenPartition) => {
      const state = await states.get(one.context, one.partition);
      if (signal.aborted) return;
      await complete(state);
      left.delete(one);
    };
    // All that are left are tried at the same moment: states that are asked for together are read together.
    // A store that hangs keeps nobody waiting whose partitions may be another process's.
    const takeAll = (over: AbortSignal) => unlessAborted(over, settled([...left].map(takeOne)));
    const onFailure = (error: unknown, tries: number) => {
      const about = { err: error, projector, partitions: left.size, tries };
      log.warn(about, 'partitions could not be taken over yet; trying again');
    };
    try {
      await persist(takeAll, { control: controlUntil(signal), onFailure });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  return {
    begin(partitions) {
      assignment.abort();
      assignment = new AbortController();
      rewinder?.take(partitions, assignment.signal);
      ended = settled([ended, takeOver(partitions, assignment.signal)]);
    },
    end: () => assignment.abort(),
    async stop() {
      assignment.abort();
      await rewinder?.stop();
      await ended;
    },
  };
}
