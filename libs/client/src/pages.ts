import type { Order, OrderHistoryEntry } from '@meridian/contracts';
import type { MeridianClient } from './meridian-client.ts';
import type { MeridianCallOptions } from './session.ts';

/**
 * The pages of a list, one after the other. `ask` gets the token of the next page, '' for the first page. Ends with the
 * last page; rejects with the error of a page that is not answered.
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

/** All items of an iterable. The caller makes sure that the iterable ends: all items are kept in memory. */
export async function gathered<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const PAGE_SIZE = 200;

/**
 * All steps of an order, oldest first. An answer about an order has only the newest steps. When these are not all,
 * ListOrderHistory is asked, page by page. Steps that are recorded during the reading may be included.
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
