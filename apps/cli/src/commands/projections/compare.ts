import { compareTable, registerOf, type TableComparison } from '@meridian/read-store';
import { CommanderError } from 'commander';
import { say, table, toJson } from '../../output.ts';
import type { ReaderOptions } from '../../engine-stores.ts';
import { onGenerations, projectionOf } from './store.ts';

/** Which generations to compare. */
export interface CompareOptions extends ReaderOptions {
  /** The live generation when left out. */
  readonly from?: number;
  /** The newest generation when left out. */
  readonly to?: number;
  readonly samples: number;
  readonly json: boolean;
}

/** Compares two generations by samples; resolves with whether nothing differs. */
export async function compare(name: string, options: CompareOptions): Promise<boolean> {
  const { tables } = projectionOf(name);
  return onGenerations(options, async ({ of, session, stores: { keyspace } }) => {
    const { live, generations } = await registerOf(of(name));
    const present = generations.filter(({ droppedAt }) => !droppedAt).map(({ generation }) => generation);
    const { from = live, to = Math.max(...present), samples } = options;
    if (from === to || !present.includes(from) || !present.includes(to))
      throw new CommanderError(
        1,
        'meridian.nothingToCompare',
        `${name} has generations ${present.join(', ')}: name two of them with --from and --to`,
      );
    const compared: TableComparison[] = [];
    for (const one of tables)
      compared.push(await compareTable(session, { keyspace, table: one, from, to, samples }));
    if (options.json) say(toJson({ projector: name, from, to, tables: compared }));
    else print(compared, from, to);
    return compared.every(({ differences }) => differences.length === 0);
  });
}

function print(compared: readonly TableComparison[], from: number, to: number): void {
  say(`generation ${from} and generation ${to}, by partitions:`);
  say(
    table(
      ['table', 'sampled', 'equal'],
      compared.map((one) => [one.table, String(one.sampled), String(one.equal)]),
    ),
  );
  for (const one of compared) for (const difference of one.differences) say(`  ${one.table} ${difference}`);
}
