import { createBudget } from '@meridian/async';
import cassandra from 'cassandra-driver';

type Policy = cassandra.policies.speculativeExecution.SpeculativeExecutionPolicy;

/** When a second node is asked, and how often. */
export interface HedgeOptions {
  /** How long the first node has before a second one is asked. */
  readonly afterMs: number;
  /** How many second questions each read allows for: a store that is slow everywhere gets no more than that. */
  readonly share: number;
  /** How many second questions may come at once, after a time without any. */
  readonly burst: number;
}

/** A policy for the driver, and the metrics by which the driver tells the policy what it did. */
export interface HedgedReads {
  readonly policy: Policy;
  readonly metrics: cassandra.metrics.ClientMetrics;
}

const NO_PLAN = { nextExecution: () => -1 };

/**
 * Asks a second node when the first does not answer a read in time, and takes the answer that comes first. (Dean and
 * Barroso, The Tail at Scale, 2013.) A node that hangs then delays a read by a moment and not by a whole time-out. Writes
 * go once. They are many, and a store that is slow since it has too much to do would get twice as many. Second questions
 * are paid from a budget that reads fill.
 */
export function createHedgedReads({ afterMs, share, burst }: HedgeOptions): HedgedReads {
  const budget = createBudget({ share, burst });
  const policy: Policy = {
    init: () => undefined,
    shutdown: () => undefined,
    getOptions: () => new Map(),
    newPlan(_keyspace, query) {
      if (typeof query !== 'string' || !query.startsWith('SELECT')) return NO_PLAN;
      budget.earn();
      let asked = 0;
      return { nextExecution: () => (asked++ === 0 && budget.has() ? afterMs : -1) };
    },
  };
  class Metrics extends cassandra.metrics.DefaultMetrics {
    override onSpeculativeExecution(): void {
      budget.spend();
      super.onSpeculativeExecution();
    }
  }
  return { policy, metrics: new Metrics() };
}
