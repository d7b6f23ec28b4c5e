import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, toToken } from '@meridian/contracts';
import type { RecordedEvent } from '@meridian/projection';
import { ordersProjection } from '@meridian/read-model-orders';
import { sealPersonalData } from '@meridian/sealing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  customerRegistered,
  itemReturned,
  openJournal,
  orderCancelled,
  orderPlaced,
} from './testing/events.ts';
import { startTestService, type TestService } from './testing/test-service.ts';
import { connectHome, openTestStore, type TestStore } from './testing/test-store.ts';

const journal = openJournal();
const ORDERS = 60;

describe('a customer with many orders', () => {
  let store: TestStore;
  let session: CassandraSession;
  let service: TestService;

  beforeAll(async () => {
    store = await openTestStore();
    session = await connectHome();
    service = await startTestService(store, 'eu-west');
  });
  afterAll(async () => {
    await service?.stop();
    await session?.close();
    await store?.close();
  });

  /** Applies an event, and asks for what the customer's orders are worth then. */
  async function worthAfter(...events: readonly RecordedEvent[]) {
    await store.apply(...events);
    const token = toToken(
      new Map(events.map((event) => [partitionKey(event.context, event.shard), event.position])),
    );
    const { customer } = await service.customers.getCustomer({ customerId: 'ada', read: { token } });
    return [customer?.ordersPlaced, customer?.lifetimeValue[0]?.amountMinor];
  }

  /** Changes a row behind the projector's back: only whoever reads the row sees it. */
  let forged = 1_000_000n;
  const forge = (orderId: string, totalMinor: bigint) =>
    session.execute(
      `UPDATE ${store.keyspace}.order_by_customer_g${ordersProjection.version} USING TIMESTAMP ? SET total_minor = ? WHERE customer_id = ? AND month = ? AND placed_at = ? AND order_id = ?`,
      [forged++, totalMinor, 'ada', 202_603, new Date('2026-03-04T10:00:00Z'), orderId],
      { consistency: 'EACH_QUORUM' },
    );

  it('is added up again when one of the orders changes, and not read while none does', async () => {
    const { key, wrappedKey } = store.newKey('ada');
    await store.keys.write({ customerId: 'ada', wrappedKey, changedAt: new Date() });
    const sealed = sealPersonalData(key, 'ada', { name: 'Ada', email: '', address: '' });
    const orders = Array.from({ length: ORDERS }, (_, n) => orderPlaced(journal, `ada-${n}`, 'ada'));
    expect(await worthAfter(customerRegistered(journal, 'ada', sealed), ...orders)).toEqual([60n, 30_000n]);
    // The very first look at what is parked has the rows read twice, and the sum of the second read is kept.
    await forge('ada-0', 1_500n);
    expect(await worthAfter()).toEqual([60n, 30_000n]);
    expect(await worthAfter(orderCancelled(journal, 'ada-1', 'ada'))).toEqual([59n, 30_500n]);
    await forge('ada-0', 2_500n);
    expect(await worthAfter()).toEqual([59n, 30_500n]);
    await forge('ada-0', 500n);
    expect(await worthAfter(itemReturned(journal, 'ada-2', 2n, 'ada'))).toEqual([59n, 29_250n]);
    expect(await worthAfter(itemReturned(journal, 'ada-2', 3n, 'ada'))).toEqual([59n, 29_000n]);
    expect(await worthAfter(orderPlaced(journal, 'ada-60', 'ada'))).toEqual([60n, 29_500n]);
  });
});
