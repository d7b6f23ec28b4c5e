import { fold, projected, type RecordedEvent } from '@meridian/projection';
import { createRowWriter, createTotals } from '@meridian/projector';
import { PROJECTIONS } from '@meridian/read-models';
import { describe, expect, it } from 'vitest';
import { ringOf } from '../system/ring.ts';
import { placedOrder, recorded } from './order-events.ts';
import { unfoldedRows } from './unfolded-rows.ts';

const KEYSPACE = 'k';

function reserved(): RecordedEvent {
  const aggregate = { context: 'inventory', aggregateType: 'stock', aggregateId: 'p1' } as const;
  const level = { oldOnHand: 100n, oldReserved: 0n, onHand: 100n, reserved: 1n };
  const data = { productId: 'p1', orderId: 'o1', quantity: 1n, level };
  return { ...recorded(aggregate, 7n, { type: 'StockReserved', data }), version: 2n };
}

/** What the projectors would write of one event alone, as text that does not depend on the order. */
async function writtenByOurs(projection: (typeof PROJECTIONS)[number], event: RecordedEvent) {
  const { version: generation } = projection;
  const writer = createRowWriter({ session: ringOf(1), keyspace: KEYSPACE, generation });
  const { rows, contributions } = fold([projected(projection, event)]);
  const totals = createTotals({
    read: async (share, wanted, onRead) => {
      for (const [id, { table, key }] of wanted)
        onRead(id, {
          table,
          key: { ...key, kafka_partition: share },
          lastPosition: 0n,
          sums: Object.fromEntries(
            Object.entries(table.columns).flatMap(([name, type]) => (type === 'bigint' ? [[name, 0n]] : [])),
          ),
          labels: {},
        });
    },
  });
  const sums = await totals.add(event.shard, contributions);
  const statements: string[] = [];
  await writer.writeBy([...rows, ...sums.rows], async (some) => void statements.push(...some.map(asText)));
  return statements.sort();
}

function asText({ cql, params }: { readonly cql: string; readonly params: readonly unknown[] }): string {
  return `${cql} ${params.map((value) => (value instanceof Date ? value.toISOString() : String(value))).join('|')}`;
}

const EVENTS = [placedOrder('order-1', 3n), reserved()];
const CASES = PROJECTIONS.map((projection) => ({
  name: projection.name,
  projection,
  events: EVENTS.filter(({ context }) => projection.contexts.includes(context)),
})).filter(({ events }) => events.length > 0);

describe('the rows that the bare chain writes', () => {
  it.each(CASES)('are those of $name, one statement each', async ({ projection, events }) => {
    const bare = unfoldedRows(KEYSPACE, projection);
    for (const event of events) {
      const ours = await writtenByOurs(projection, event);
      expect(bare(event).map(asText).sort()).toEqual(ours);
      expect(ours.length).toBeGreaterThan(0);
    }
  });

  it('are of every read model that an order changes', () => {
    expect(CASES.map(({ name }) => name)).toEqual(['inventory', 'orders', 'sales']);
  });

  it('have totals that grow from event to event', () => {
    const sales = PROJECTIONS.find(({ name }) => name === 'sales');
    if (!sales) throw new Error('there are no sales');
    const bare = unfoldedRows(KEYSPACE, sales);
    const placed = (position: bigint) => {
      const event = { ...placedOrder('order-1', position), shard: 0 };
      return bare(event).find(({ cql }) => cql.includes('daily_sales'))?.params ?? [];
    };
    expect(placed(1n)).toContain(1_000n);
    expect(placed(2n)).toContain(2_000n);
  });
});
