import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createMeridianClient, type MeridianClient } from '@meridian/client';
import { OrderStatus, type GetOrderResponse } from '@meridian/contracts';
import { openShop } from './trading.ts';

/** What every note of an order's history begins with where a changed projection wrote it. */
export const CHANGED_NOTE = 'changed: ';

/** Which projection an answer came from. */
export type Side = 'old' | 'changed';

/** Clients that change orders of their own and ask for them all the time. */
export interface OrderSessions {
  /** What was wrong with any answer, and every call that failed. */
  readonly wrong: readonly string[];
  /** Answers of all regions that were checked so far. */
  checked(): number;
  /** Answers of a region by the projection that they came from, since the last `forget`. */
  answers(region: string): Readonly<Record<Side, number>>;
  /** Counts from now on; answers that are on their way belong to what was before. */
  forget(): void;
  stop(): Promise<void>;
}

/** Where the services are: the replicas of each, of the query-service by region. */
export interface SessionAddresses {
  readonly command: readonly string[];
  readonly query: Readonly<Record<string, readonly string[]>>;
}

const PRICE = 250n;
/** On a slow machine an answer may take its time; what is checked is what it says. */
const PATIENT = { deadline: 20_000 };
const STATUS = [OrderStatus.UNSPECIFIED, OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.SHIPPED];
const LIST_EVERY = 5;
/** Leaves the machine to what is tested: each change waits its turn. */
const BETWEEN_CHANGES_MS = 100;

/**
 * Opens two sessions per region. Each session is the only one that changes its orders, so it knows what every answer
 * has to be:
 *
 * - the version that was acknowledged last
 * - a whole history of the order, told by one projection
 * - all of its orders in every list, and in what its customer's orders are worth
 */
export async function openSessions({ command, query }: SessionAddresses): Promise<OrderSessions> {
  const wrong: string[] = [];
  const regions = Object.keys(query);
  const counted = new Map(regions.map((region) => [region, { old: 0, changed: 0 }]));
  const clients = regions.flatMap((region) =>
    [1, 2].map((number) => {
      const client = createMeridianClient({ commandAddresses: command, queryAddresses: query[region] ?? [] });
      return { region, customerId: `${region}-${number}`, client };
    }),
  );
  const customerIds = clients.map(({ customerId }) => customerId);
  for (const { client } of clients.slice(0, 1)) await openShop(client, customerIds);

  let stopping = false;
  let counting = 0;
  let checked = 0;
  async function work(session: (typeof clients)[number]): Promise<void> {
    const { client, region, customerId } = session;
    const versions = new Map<string, bigint>();
    const check = async (orderId: string) => {
      const askedIn = counting;
      const answer = await client.orders.getOrder({ orderId }, PATIENT);
      checked += 1;
      const side = sideOf(answer);
      const expected = versions.get(orderId) ?? 0n;
      const fault = faultOf(answer, expected, region);
      if (fault) wrong.push(`${region}, order ${orderId} at version ${expected}: ${fault}`);
      const counts = counted.get(region);
      if (counts && side && askedIn === counting) counts[side] += 1;
    };
    for (let round = 0; !stopping; round++) {
      const orderId = randomUUID();
      for (const change of changesOf(client, orderId, customerId)) {
        await change();
        versions.set(orderId, (versions.get(orderId) ?? 0n) + 1n);
        await check(orderId);
        await pause(BETWEEN_CHANGES_MS);
      }
      const [oldest] = versions.keys();
      if (oldest) await check(oldest);
      if (round % LIST_EVERY === 0) {
        const fault = await faultOfList(client, customerId, versions);
        if (fault) wrong.push(`${region}, list of ${customerId}: ${fault}`);
        const other = await faultOfWorth(client, customerId, BigInt(versions.size));
        if (other) wrong.push(`${region}, worth of ${customerId}: ${other}`);
      }
    }
  }
  const working = Promise.all(
    clients.map((session) =>
      work(session).catch((error: unknown) => void wrong.push(`${session.region}: ${String(error)}`)),
    ),
  );
  return {
    wrong,
    checked: () => checked,
    answers: (region) => ({ ...(counted.get(region) ?? { old: 0, changed: 0 }) }),
    forget() {
      counting += 1;
      for (const region of regions) counted.set(region, { old: 0, changed: 0 });
    },
    async stop() {
      stopping = true;
      await working;
      for (const { client } of clients) client.close();
    },
  };
}

/** The life of an order, a command at a time. */
function changesOf(client: MeridianClient, orderId: string, customerId: string) {
  const lines = [{ productId: 'lamp', quantity: 1n }];
  const amount = { currencyCode: 'GBP', amountMinor: PRICE };
  return [
    () => client.orders.placeOrder({ requestId: randomUUID(), orderId, customerId, lines }, PATIENT),
    () =>
      client.orders.payOrder({ requestId: randomUUID(), orderId, amount, paymentReference: 'paid' }, PATIENT),
    () => client.orders.shipOrder({ requestId: randomUUID(), orderId }, PATIENT),
  ];
}

function sideOf({ order }: GetOrderResponse): Side | undefined {
  const changed = (order?.history ?? []).map(({ note }) => note.startsWith(CHANGED_NOTE));
  if (changed.length === 0 || new Set(changed).size > 1) return undefined;
  return changed[0] ? 'changed' : 'old';
}

function faultOf(answer: GetOrderResponse, expected: bigint, region: string): string | undefined {
  const { order, freshness } = answer;
  const { version, status, total } = order?.summary ?? {};
  if (version !== expected) return `answered at version ${String(version)}`;
  if (status !== STATUS[Number(expected)]) return `answered as ${String(status)}`;
  if (total?.amountMinor !== PRICE || order?.lines.length !== 1) return 'answered with other lines';
  const told = order.history.map((step) => step.version);
  if (told.join() !== Array.from({ length: Number(expected) }, (_, index) => index + 1).join())
    return `its history tells of ${told.join()}`;
  if (!sideOf(answer)) return 'its history is told by two projections';
  if (freshness?.region !== region) return `answered by ${String(freshness?.region)}`;
  return undefined;
}

/** Every order once, at the version acknowledged last, newest first, however many pages that takes. */
async function faultOfList(
  client: MeridianClient,
  customerId: string,
  versions: ReadonlyMap<string, bigint>,
): Promise<string | undefined> {
  const listed: string[] = [];
  let pageToken = '';
  do {
    const page = await client.orders.listCustomerOrders({ customerId, pageSize: 20, pageToken }, PATIENT);
    for (const { orderId, version } of page.orders) {
      if (version !== versions.get(orderId)) return `${orderId} at version ${version}`;
      listed.push(orderId);
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  const expected = [...versions.keys()].reverse();
  return listed.join() === expected.join() ? undefined : `${listed.length} of ${expected.length} orders`;
}

/** The number and the worth of all orders that the customer has placed. */
async function faultOfWorth(
  client: MeridianClient,
  customerId: string,
  orders: bigint,
): Promise<string | undefined> {
  const { customer } = await client.customers.getCustomer({ customerId }, PATIENT);
  const { ordersPlaced, lifetimeValue = [] } = customer ?? {};
  const worth = lifetimeValue.map(({ amountMinor, currencyCode }) => `${amountMinor} ${currencyCode}`).join();
  if (ordersPlaced === orders && worth === `${orders * PRICE} GBP`) return undefined;
  return `${String(ordersPlaced)} orders worth ${worth}, not ${orders}`;
}
