import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createMeridianClient, type MeridianClient } from '@meridian/client';
import type { SessionAddresses } from './order-sessions.ts';

/** Clients that change the stock of products of their own and ask for them all the time. */
export interface StockSessions {
  /** What was wrong with any answer, and every call that failed. */
  readonly wrong: readonly string[];
  /** How often the stock of a region's product was changed and asked for so far. */
  checked(region: string): number;
  stop(): Promise<void>;
}

/** The list is asked for products with at most so many pieces. */
const THRESHOLD = 9n;
/** Pieces after each change, over and over: some changes leave the product in its band, others move it, in both directions. */
const LEVELS = [5n, 7n, 3n, 50n, 60n, 0n, 9n, 10n, 700n];
const PATIENT = { deadline: 20_000 };
/** Leaves the machine to what is tested: each change waits its turn. */
const BETWEEN_CHANGES_MS = 100;

/**
 * Opens one session per region. A session is the only one that changes its product. So it knows after each change:
 *
 * - how many pieces every answer has to tell of
 * - whether the product has to be in the list of low stock, once
 */
export async function openStockSessions({ command, query }: SessionAddresses): Promise<StockSessions> {
  const wrong: string[] = [];
  const checked = new Map<string, number>();
  let stopping = false;

  async function work(region: string, client: MeridianClient): Promise<void> {
    const productId = `stock-${region}`;
    const price = { currencyCode: 'GBP', amountMinor: 250n };
    await client.catalog.createProduct({ requestId: randomUUID(), productId, name: productId, price });
    let onHand = 0n;
    for (let change = 0; !stopping; change++) {
      const level = LEVELS[change % LEVELS.length] ?? 0n;
      await changeTo(client, productId, { onHand, level });
      onHand = level;
      const fault = await faultOf(client, productId, onHand);
      if (fault) wrong.push(`${region}, ${productId} with ${onHand} pieces: ${fault}`);
      checked.set(region, (checked.get(region) ?? 0) + 1);
      await pause(BETWEEN_CHANGES_MS);
    }
  }

  const clients = Object.keys(query).map((region) => ({
    region,
    client: createMeridianClient({ commandAddresses: command, queryAddresses: query[region] ?? [] }),
  }));
  const working = Promise.all(
    clients.map(({ region, client }) =>
      work(region, client).catch((error: unknown) => void wrong.push(`${region}: ${String(error)}`)),
    ),
  );
  return {
    wrong,
    checked: (region) => checked.get(region) ?? 0,
    async stop() {
      stopping = true;
      await working;
      for (const { client } of clients) client.close();
    },
  };
}

/** Changes how many pieces there are; the first change is the receipt that makes the stock. */
async function changeTo(
  client: MeridianClient,
  productId: string,
  { onHand, level }: { readonly onHand: bigint; readonly level: bigint },
): Promise<void> {
  const requestId = randomUUID();
  if (level > onHand)
    await client.inventory.receiveStock(
      { requestId, receiptId: requestId, productId, quantity: level - onHand },
      PATIENT,
    );
  else
    await client.inventory.adjustStock(
      { requestId, productId, delta: level - onHand, reason: 'counted' },
      PATIENT,
    );
}

async function faultOf(
  client: MeridianClient,
  productId: string,
  onHand: bigint,
): Promise<string | undefined> {
  const listed: bigint[] = [];
  for (let pageToken = ''; ;) {
    const page = await client.inventory.listLowStock({ threshold: THRESHOLD, pageToken }, PATIENT);
    for (const row of page.availabilities) if (row.productId === productId) listed.push(row.onHand);
    pageToken = page.nextPageToken;
    if (pageToken === '') break;
  }
  const { availability } = await client.inventory.getAvailability({ productId }, PATIENT);
  if (availability?.onHand !== onHand) return `answered with ${String(availability?.onHand)}`;
  const expected = onHand <= THRESHOLD ? [onHand] : [];
  return listed.join() === expected.join() ? undefined : `listed with ${listed.join() || 'nothing'}`;
}
