import { createBudget } from '@meridian/async';
import type cassandra from 'cassandra-driver';

type Policy = cassandra.policies.speculativeExecution.SpeculativeExecutionPolicy;

/** When a second node is asked, and how often. */
export interface HedgeOptions {
  /** How long the first node has before a second one is asked. */
  readonly afterMs: number;
  /** How many second requests each request allows for: a store that is slow everywhere gets no more than that. */
  readonly share: number;
  /** How many second requests may come at once, after a time without any. */
  readonly burst: number;
}

const NO_PLAN = { nextExecution: () => -1 };

/**
 * A policy for the driver. It asks a second node when the first does not answer in time, and takes the answer that comes first. (Dean
 * and Barroso, The Tail at Scale, 2013.) A node that hangs then delays a request by a moment and not by a whole time-out. Second
 * requests are paid from a budget that requests fill. Writes are many, and a store that is slow since it has too much to do must not
 * get twice as many. So reads and writes have budgets of their own. A statement that is not idempotent goes once, and so does one
 * that names its node: the driver sees to that.
 */
export function hedgedRequests(kinds: {
  readonly reads: HedgeOptions;
  readonly writes: HedgeOptions;
}): Policy {
  const planReads = plansOf(kinds.reads);
  const planWrites = plansOf(kinds.writes);
  return {
    init: () => undefined,
    shutdown: () => undefined,
    getOptions: () => new Map(),
    newPlan(_keyspace, query) {
      if (typeof query !== 'string') return planWrites();
      if (query.startsWith('SELECT')) return planReads();
      return /^(INSERT|UPDATE|DELETE)/.test(query) ? planWrites() : NO_PLAN;
    },
  };
}

function plansOf({ afterMs, share, burst }: HedgeOptions): () => { nextExecution(): number } {
  const budget = createBudget({ share, burst });
  return () => {
    budget.earn();
    let asked = 0;
    return {
      nextExecution() {
        asked += 1;
        if (asked === 1) return budget.has() ? afterMs : -1;
        // The driver asks again once a second node has got the request.
        if (asked === 2) budget.spend();
        return -1;
      },
    };
  };
}
