import type { Order, OrderHistoryEntry } from '@meridian/contracts';
import type { MeridianClient } from './meridian-client.ts';
import type { MeridianCallOptions } from './session.ts';

/**
 * The pages of a list, one after the other: `ask` is given the token of the page to ask for, '' for the first. Ends with the last page;
 * rejects with the error of a page that is not answered.
 */
export async function* pagesOf<Page extends { readonly nextPageToken: string }>(
  ask: (pageToken: string) => Promise<Page>,
): AsyncGenerator<Page, void> {
  for (let pageToken = ''; ;) {
    const page = await ask(pageToken);
    yield page;
    pageToken = page.nextPageToken;
    if (pageToken === '') return;
  }
}

/** Everything that an iterable gives. Its end is up to the caller: all of it is kept in memory. */
export async function gathered<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const PAGE_SIZE = 200;

/**
 * All steps of an order, oldest first. An answer about an order has the newest of them only: where that is not all, ListOrderHistory is
 * asked, page by page. Steps that come meanwhile may be among them.
 */
export async function* historyOf(
  orders: Pick<MeridianClient['orders'], 'listOrderHistory'>,
  { summary, history, historyTotal }: Pick<Order, 'summary' | 'history' | 'historyTotal'>,
  options: MeridianCallOptions = {},
): AsyncGenerator<OrderHistoryEntry, void> {
  if (BigInt(history.length) >= historyTotal) return yield* history;
  const orderId = summary?.orderId ?? '';
  const ask = (pageToken: string) =>
    orders.listOrderHistory({ orderId, pageSize: PAGE_SIZE, pageToken }, options);
  for await (const page of pagesOf(ask)) yield* page.history;
}
