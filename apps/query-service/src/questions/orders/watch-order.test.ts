import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { BoundCell, RecordedEvent } from '@meridian/projection';
import { ordersProjection } from '@meridian/read-model-orders';
import { createProgressWatch } from '@meridian/read-store';
import { afterEach, describe, expect, it } from 'vitest';
import { itemReturned, openJournal, orderPlaced } from '../../testing/events.ts';
import { callWithin, modelWith, sessionWith } from '../../testing/stand-ins.ts';
import { createOrderWatches, watchOrder, type OrderWatches } from './watch-order.ts';

const WATCH = { orderId: 'o-1', read: undefined };
const key = partitionKey('orders', shardOf('o-1'));
let close = (): void => undefined;
afterEach(() => close());

/** A region's rows and progress, which a test moves by hand, and how often an order was read from the rows. */
function region() {
  const written: RecordedEvent[] = [];
  const at = { position: 0n, reads: 0 };
  const progress = createProgressWatch({
    session: sessionWith({
      execute: async () => [
        { context: 'orders', partition: shardOf('o-1'), position: at.position, event_time: new Date(0) },
      ],
    }),
    keyspace: 'k',
    projector: 'orders',
    generation: 1,
    region: 'eu-west',
    contexts: ['orders'],
    maxAgeMs: 0,
  });
  const nothing = { events: [], readAtMs: -Infinity };
  const model = modelWith('orders', {
    watch: progress,
    parked: {
      asOf: async () => ({ aggregates: 0, readAtMs: -Infinity, of: async () => nothing }),
      mayLack: async () => false,
    },
    reader: {
      generation: 1,
      async select() {
        at.reads += 1;
        return rowsOf(written);
      },
    },
  });
  const watches = createOrderWatches(model, () => undefined);
  close = () => {
    watches.close();
    progress.close();
  };
  return { model, watches, at, write: (...events: readonly RecordedEvent[]) => void written.push(...events) };
}

/** The rows of an order as its events leave them, whichever of them were written: the static cells are those of the last one. */
function rowsOf(events: readonly RecordedEvent[]): readonly Row[] {
  const inOrder = events.toSorted((a, b) => Number(a.position - b.position));
  const cells = inOrder.map((event) => {
    const [head, step] = ordersProjection.project(event);
    if (head?.kind !== 'write-static' || step?.kind !== 'write') throw new Error('an event writes both');
    return { head: { ...head.key, ...head.cells }, step: { ...step.key, ...step.cells } };
  });
  const head = Object.assign({}, ...cells.map((cell) => written(cell.head)));
  return cells.map(({ step }) => ({ ...head, ...written(step) }));
}

/** Cells that an event leaves out stay as they are. */
function written(cells: Readonly<Record<string, BoundCell>>): Row {
  return Object.fromEntries(
    Object.entries(cells).flatMap(([name, cell]) => (cell === undefined ? [] : [[name, cell]])),
  );
}

/** An order that was placed, and of which something came back three times. */
function orderEvents() {
  const journal = openJournal();
  const returned = (version: bigint) => itemReturned(journal, 'o-1', version, 'ada');
  return [orderPlaced(journal, 'o-1', 'ada'), returned(2n), returned(3n), returned(4n)] as const;
}

const notify = (watches: OrderWatches, position: bigint) =>
  watches.notify({ key, context: 'orders', position, aggregateId: 'o-1' });

describe('a watch of an order in a region that is being brought back', () => {
  it('pushes no state that lacks events, and the whole one of the same version once it is there', async () => {
    const { model, watches, at, write } = region();
    const [placed, second, third, fourth] = orderEvents();
    write(placed);
    at.position = 1n;
    const pushes = watchOrder(model, watches)(WATCH, callWithin(60_000));
    expect((await pushes.next()).value).toMatchObject({ order: { historyTotal: 1n } });
    // A live event is there before those that the catch-up brings, and something makes the watch look.
    write(fourth);
    const next = pushes.next();
    const { reads } = at;
    notify(watches, 1n);
    await expect.poll(() => at.reads).toBeGreaterThan(reads);
    write(second, third);
    at.position = 4n;
    expect((await next).value).toMatchObject({ order: { summary: { version: 4n }, historyTotal: 4n } });
  });

  it('begins with the whole order, not with one that lacks events', async () => {
    const { model, watches, at, write } = region();
    const [placed, second, third, fourth] = orderEvents();
    write(placed, fourth);
    at.position = 1n;
    const first = watchOrder(model, watches)(WATCH, callWithin(60_000)).next();
    await expect.poll(() => watches.size().watchers).toBe(1);
    write(second, third);
    at.position = 4n;
    expect((await first).value).toMatchObject({ order: { summary: { version: 4n }, historyTotal: 4n } });
  });

  it('pushes an order of which an event was discarded once the progress has reached its rows', async () => {
    const { model, watches, at, write } = region();
    const [placed, second, , fourth] = orderEvents();
    write(placed, second);
    at.position = 2n;
    const pushes = watchOrder(model, watches)(WATCH, callWithin(60_000));
    expect((await pushes.next()).value).toMatchObject({ order: { historyTotal: 2n } });
    write(fourth);
    at.position = 4n;
    notify(watches, 4n);
    expect((await pushes.next()).value).toMatchObject({
      order: { summary: { version: 4n }, historyTotal: 3n },
    });
    const another = watchOrder(model, watches)(WATCH, callWithin(60_000));
    expect((await another.next()).value).toMatchObject({ order: { summary: { version: 4n } } });
  });
});

describe('a watch by a customer', () => {
  const admittedAs = (customerId: string) => ({
    caller: { id: customerId, actor: customerId, roles: ['customer'], customerId },
    own: { customerId },
  });

  it('of somebody else’s order finds nothing, also from a version that the order will never have', async () => {
    const { model, watches, at, write } = region();
    write(orderEvents()[0]);
    at.position = 1n;
    const watch = { ...WATCH, afterVersion: 2n ** 62n };
    const call = { ...callWithin(60_000), admitted: admittedAs('ben') };
    const first = watchOrder(model, watches)(watch, call).next();
    await expect(first).rejects.toThrow('customer ben has no order o-1');
  });

  it('of an own order gives the order', async () => {
    const { model, watches, at, write } = region();
    write(orderEvents()[0]);
    at.position = 1n;
    const call = { ...callWithin(60_000), admitted: admittedAs('ada') };
    const { value } = await watchOrder(model, watches)(WATCH, call).next();
    expect(value).toMatchObject({ order: { summary: { customerId: 'ada' } } });
  });
});
