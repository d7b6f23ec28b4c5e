import { ListOrderHistoryResponse, Order } from '@meridian/contracts';
import { expect, it } from 'vitest';
import { gathered, historyOf } from './pages.ts';

const steps = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({
    version: BigInt(from + n),
    eventType: 'ItemsReturned',
  }));

/**
 * An order of `total` steps, of which an answer has the newest 100. The order counts how often its history was
 * requested.
 */
function orderOf(total: number) {
  const asked: string[] = [];
  const order = Order.fromPartial({
    summary: { orderId: 'o-1' },
    history: steps(Math.max(1, total - 99), total),
    historyTotal: BigInt(total),
  });
  const orders = {
    async listOrderHistory({ orderId, pageSize = 0, pageToken = '' }: Record<string, unknown>) {
      asked.push(`${String(orderId)} ${String(pageToken)}`);
      const [from, size] = [Number(pageToken) + 1, Number(pageSize)];
      const to = Math.min(total, from + size - 1);
      return ListOrderHistoryResponse.fromPartial({
        history: steps(from, to),
        nextPageToken: to < total ? String(to) : '',
      });
    },
  };
  return { order, orders, asked };
}

it('gives every step of an order, page by page where its answer has the newest only', async () => {
  const { order, orders, asked } = orderOf(450);
  const versions = (await gathered(historyOf(orders, order))).map(({ version }) => version);
  expect(versions).toEqual(steps(1, 450).map(({ version }) => version));
  expect(asked).toEqual(['o-1 ', 'o-1 200', 'o-1 400']);
});

it('asks nobody where the answer has them all', async () => {
  const { order, orders, asked } = orderOf(100);
  expect(await gathered(historyOf(orders, order))).toHaveLength(100);
  expect(asked).toEqual([]);
});
