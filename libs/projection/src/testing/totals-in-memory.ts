import type { Contribution } from '../fold.ts';
import type { Cells } from '../mutation.ts';
import type { Table } from '../table.ts';
import { rowIdOf } from '../row-id.ts';
import { addTo, copyOf, toTotal, type ChangedTotal } from '../total.ts';

/** Totals as a projector keeps them: one share per Kafka partition, which takes each event once. */
export class TotalsInMemory {
  readonly #shares = new Map<string, Map<number, ChangedTotal>>();

  /** Adds what a batch of one partition contributes. What the share holds already is passed over. */
  add(kafkaPartition: number, contributions: readonly Contribution[]): void {
    const before = new Map<ChangedTotal, bigint>();
    for (const contribution of contributions) {
      const share = this.#shareOf(contribution, kafkaPartition);
      // One event may add to a total in several steps: its position is compared with what was there before the batch.
      if (!before.has(share)) before.set(share, share.lastPosition);
      if (contribution.position > (before.get(share) ?? 0n)) addTo(share, contribution);
    }
  }

  /** What a question shows of a table: per key the sums of all shares, and the labels of the newest. */
  rows(table: Pick<Table, 'name'>): readonly Cells[] {
    const ofTable = [...this.#shares.values()].map((shares) => [...shares.values()]);
    return ofTable
      .filter(([first]) => first?.table.name === table.name)
      .map((shares): Cells => {
        const [first, ...rest] = shares.sort((a, b) => (a.lastPosition < b.lastPosition ? -1 : 1));
        const sums = { ...first?.sums };
        for (const one of rest)
          for (const [name, sum] of Object.entries(one.sums)) sums[name] = (sums[name] ?? 0n) + sum;
        // The newest share comes last, and its labels win.
        const labels = Object.fromEntries(shares.flatMap((one) => Object.entries(one.labels)));
        return { ...first?.key, ...sums, ...labels };
      });
  }

  #shareOf({ table, key }: Contribution, kafkaPartition: number): ChangedTotal {
    const id = rowIdOf(table, key);
    const shares = this.#shares.get(id) ?? new Map<number, ChangedTotal>();
    this.#shares.set(id, shares);
    const share = shares.get(kafkaPartition) ?? copyOf(toTotal(table, key, undefined));
    shares.set(kafkaPartition, share);
    return share;
  }
}
