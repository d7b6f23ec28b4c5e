import type { Positions } from '@meridian/contracts';
import { createRecentlyUsed } from '@meridian/kernel';
import type { CustomerMonth } from './customer-months.ts';
import type { Worth } from './worth.ts';

/** A month of a customer's list, as one generation has it. */
export interface MonthOfGeneration extends CustomerMonth {
  readonly generation: number;
}

/** What the orders of a month are worth by exactly the events up to these positions. */
export interface RememberedWorth {
  readonly worth: Worth;
  readonly upTo: Positions;
}

/**
 * What months of customers' lists were worth when they were added up. Whoever takes one has to make sure that nothing of the month
 * has changed since. A sum is made anew after ten minutes. When there are too many, those that were not asked for longest go first.
 */
export interface RememberedMonths {
  find(month: MonthOfGeneration): RememberedWorth | undefined;
  /** Keeps it in place of what was kept of the month. A month whose sum cost little is not kept. */
  keep(month: MonthOfGeneration, remembered: RememberedWorth, cost: SumCost): void;
  /** How many amounts are kept now: an entry has one at least. */
  amounts(): number;
}

/** What it took to add a month up. */
export interface SumCost {
  readonly rows: number;
  /** Orders that were looked at by themselves. */
  readonly looks: number;
}

/** How much is kept. */
export interface RememberedBounds {
  readonly maxAmounts?: number;
  /** What costs less is not kept: in rows, of which a look at one order counts ten. */
  readonly leastCost?: number;
  /** What was kept for longer is not used: rows may have been made anew, or repaired, without an event that tells. */
  readonly maxAgeMs?: number;
  /** The present, in milliseconds, in place of performance.now(). */
  now?(): number;
}

interface Kept extends RememberedWorth {
  readonly keptAtMs: number;
}

/** An amount takes up to 1.5 KB, with its share of the entry and of the positions. */
const MAX_AMOUNTS = 10_000;
/** To read so many rows costs little more than to find out whether they have changed. */
const LEAST_COST = 50;
const ROWS_PER_LOOK = 10;
const MAX_AGE_MS = 600_000;

/** Makes it, empty. */
export function createRememberedMonths({
  maxAmounts = MAX_AMOUNTS,
  leastCost = LEAST_COST,
  maxAgeMs = MAX_AGE_MS,
  now = () => performance.now(),
}: RememberedBounds = {}): RememberedMonths {
  const kept = createRecentlyUsed<Kept>({ maxWeight: maxAmounts, weightOf: (_name, one) => amountsOf(one) });
  return {
    find(month) {
      const name = nameOf(month);
      const found = kept.take(name);
      if (!found || now() - found.keptAtMs > maxAgeMs) return undefined;
      kept.put(name, found);
      return found;
    },
    keep(month, remembered, { rows, looks }) {
      if (rows + ROWS_PER_LOOK * looks < leastCost) return;
      kept.put(nameOf(month), { ...remembered, keptAtMs: now() });
    },
    amounts: () => kept.size().weight,
  };
}

const amountsOf = ({ worth }: RememberedWorth): number => Math.max(1, worth.byCurrency.size);

const nameOf = ({ generation, month, customerId }: MonthOfGeneration): string =>
  `${generation} ${month} ${customerId}`;
