import { createMeridianClient, refusalOf, type MeridianClient } from '@meridian/client';
import { fromToken, type ConsistencyToken, type Money } from '@meridian/contracts';
import { newId } from '@meridian/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../system/random.ts';
import { ask, OLDEST_DAYS } from './ask.ts';
import { firstNameOf, nextNameOf } from './check-customers.ts';
import { toFailure, type Failure } from './failures.ts';
import type { Look, Question } from './history.ts';
import type { Span, Unanswered } from './unnoticed.ts';

/** Sessions that order, change their mind, and look at what became of it, here and in the other region. */
export interface Sessions {
  readonly looks: readonly Look[];
  /** How often what happened. */
  readonly counts: Readonly<Record<string, number>>;
  /** From when to when each question waited that was answered. */
  readonly answered: readonly Span[];
  /** Questions that ended with a status that a fault may excuse, and not for what is parked. */
  readonly unanswered: readonly Unanswered[];
  /** Questions that were refused because of what was parked. */
  readonly refusedAsParked: readonly Question[];
  /** Statuses that no fault excuses. */
  readonly unforeseen: readonly string[];
  /** Lets them rest, and resolves when all do. */
  pause(): Promise<void>;
  /** Lets them go on. */
  goOn(): void;
  /** Ends them after what is under way. */
  finish(): Promise<void>;
}

/** Where the sessions find the services. */
export interface SessionPlaces {
  readonly command: string;
  /** By region; nothing is asked when there are none. */
  readonly queries: ReadonlyMap<string, string>;
}

/** An order that this session placed. */
interface PlacedOrder {
  readonly orderId: string;
  readonly total: Money;
}

/** What this session made. */
interface Made {
  readonly orders: PlacedOrder[];
  /** The customers whom this session registered; some of them are erased by now. */
  readonly customers: string[];
}

const PRODUCTS = ['p-0', 'p-1', 'p-2', 'p-3', 'p-4', 'p-5'];
const CUSTOMERS = ['c-0', 'c-1', 'c-2', 'c-3', 'c-4', 'c-5', 'c-6', 'c-7'];
const COUNTRIES = ['France', 'Germany', 'Norway'];
const DEADLINE_MS = 3_000;
const DAY_MS = 86_400_000;
const REST_MS = { min: 10, max: 60 };

/** Makes the products and customers that the sessions deal in. */
export async function fillIn(command: string): Promise<void> {
  const client = createMeridianClient({ commandAddresses: [command], queryAddresses: [command] });
  const options = { deadline: 20_000 };
  for (const [index, customerId] of CUSTOMERS.entries()) {
    const country = COUNTRIES[index % COUNTRIES.length] ?? '';
    await client.customers.registerCustomer({ customerId, name: firstNameOf(customerId), country }, options);
  }
  for (const productId of PRODUCTS) {
    const price = { currencyCode: 'GBP', amountMinor: 100n };
    await client.catalog.createProduct({ productId, name: `name of ${productId}`, price }, options);
    await client.inventory.receiveStock({ productId, receiptId: newId(), quantity: 20n }, options);
  }
  client.close();
}

/** Starts so many sessions. Each goes through the regions in turn as chance has it, and takes its token along. */
export function startSessions(
  places: SessionPlaces,
  count: number,
  random: Random,
  onPlaced: (orderId: string, token: ConsistencyToken) => void,
): Sessions {
  const looks: Look[] = [];
  const answered: Span[] = [];
  const { counts, unanswered, refusedAsParked, unforeseen, tally, failed, notAnswered } = tallies();
  let stopping = false;
  const rest = restingPlace();

  async function session(number: number, own: Random): Promise<void> {
    const clients = clientsOf(places);
    const made: Made = { orders: [], customers: [] };
    let token: ConsistencyToken | undefined;
    while (!stopping) {
      await rest.enter();
      const region = own.oneOf([...clients.keys()]);
      const client = clients.get(region);
      if (!client) return;
      if (token) client.see(token);
      if (places.queries.size > 0 && own.chance(0.5)) {
        const required = fromToken(client.token());
        const question = questionOf(own, made);
        const fromMs = performance.now();
        try {
          const reply = await ask(client, question, DEADLINE_MS);
          answered.push({ fromMs, untilMs: performance.now() });
          looks.push({ session: number, region, required, ...reply });
          tally('questions');
        } catch (error) {
          notAnswered(question, { region, fromMs }, error);
        }
      } else {
        try {
          const before = made.orders.length;
          await act(client, own, made);
          tally('commands');
          const placed = made.orders[before];
          if (placed) onPlaced(placed.orderId, client.token());
        } catch (error) {
          if (refusalOf(error)) tally('refusals');
          else failed('commands', error);
        }
      }
      token = client.token();
      await pause(own.whole(REST_MS.min, REST_MS.max));
    }
    for (const client of clients.values()) client.close();
  }

  const running = Array.from({ length: count }, (_, number) => session(number, random.fork()));
  return {
    looks,
    counts,
    answered,
    unanswered,
    refusedAsParked,
    unforeseen,
    pause: () => rest.close(running.length),
    goOn: rest.open,
    async finish() {
      stopping = true;
      rest.open();
      await Promise.all(running);
    },
  };
}

/** How often what happened, and what no fault excuses. */
function tallies() {
  const counts: Record<string, number> = {};
  const unanswered: Unanswered[] = [];
  const refusedAsParked: Question[] = [];
  const unforeseen: string[] = [];
  const tally = (name: string) => (counts[name] = (counts[name] ?? 0) + 1);
  const failed = (what: string, error: unknown): Failure => {
    const failure = toFailure(error);
    if (failure.kind === 'parked') tally(`${what} refused as parked`);
    else if (failure.kind === 'passing') tally(`${what} unanswered`);
    else unforeseen.push(`${what}: ${failure.status} ${String(error)}`);
    return failure;
  };
  const notAnswered = (question: Question, asked: { region: string; fromMs: number }, error: unknown) => {
    const { kind, status } = failed('questions', error);
    const untilMs = performance.now();
    if (kind === 'passing') unanswered.push({ question: question.kind, status, ...asked, untilMs });
    if (kind === 'parked') refusedAsParked.push(question);
  };
  return { counts, unanswered, refusedAsParked, unforeseen, tally, failed, notAnswered };
}

/** Where sessions wait while they are to rest. */
function restingPlace() {
  let closed: PromiseWithResolvers<void> | undefined;
  let full = Promise.withResolvers<void>();
  let inside = 0;
  let expected = Infinity;
  return {
    /** Waits there, if it is closed. */
    async enter(): Promise<void> {
      if (!closed) return;
      inside += 1;
      if (inside >= expected) full.resolve();
      await closed.promise;
      inside -= 1;
    },
    /** Closes it, and resolves when so many are in it. */
    close(count: number): Promise<void> {
      closed = Promise.withResolvers();
      full = Promise.withResolvers();
      expected = count;
      return full.promise;
    },
    open(): void {
      closed?.resolve();
      closed = undefined;
    },
  };
}

/** A client for each region that can be asked; each call is tried once. */
export function clientsOf({ command, queries }: SessionPlaces): ReadonlyMap<string, MeridianClient> {
  const places = queries.size > 0 ? [...queries] : [['nowhere', command] as const];
  return new Map(
    places.map(([region, address]) => [
      region,
      createMeridianClient({ commandAddresses: [command], queryAddresses: [address], maxAttempts: 1 }),
    ]),
  );
}

function questionOf(random: Random, { orders, customers }: Made): Question {
  const dice = random.whole(1, 100);
  const customerId = random.oneOf([...CUSTOMERS, ...customers]);
  if (dice <= 50 && orders.length > 0) {
    const { orderId } = random.oneOf(orders.slice(-8));
    return { kind: dice <= 42 ? 'order' : 'history', orderId };
  }
  if (dice <= 62) return { kind: 'stock', productId: random.oneOf(PRODUCTS) };
  if (dice <= 67) return { kind: 'stocks', productIds: PRODUCTS };
  if (dice <= 70) return { kind: 'product', productId: random.oneOf(PRODUCTS) };
  if (dice <= 77) return { kind: 'customer-orders', customerId };
  if (dice <= 85) return { kind: 'customer', customerId };
  return { kind: 'sales' };
}

/** Sends one command. Rejects when it is refused or not answered. */
async function act(client: MeridianClient, random: Random, made: Made): Promise<void> {
  const { orders } = made;
  const options = { deadline: DEADLINE_MS };
  const order = orders.length > 0 ? random.oneOf(orders.slice(-12)) : undefined;
  const orderId = order?.orderId ?? '';
  const productId = random.oneOf(PRODUCTS);
  const dice = random.whole(1, 100);
  if (dice <= 45 || !order) {
    const lines = PRODUCTS.filter(() => random.chance(0.35)).map((id) => line(id, random));
    const customerId = random.oneOf([...CUSTOMERS, ...made.customers]);
    const own = lines.length > 0 ? lines : [line(productId, random)];
    const placedAt = random.chance(0.3) ? rareDay(random) : undefined;
    const { receipt, total } = await client.orders.placeOrder({ customerId, lines: own, placedAt }, options);
    if (receipt && total) orders.push({ orderId: receipt.aggregateId, total });
  } else if (dice <= 56) {
    await client.inventory.receiveStock({ productId, receiptId: newId(), quantity: 9n }, options);
  } else if (dice <= 58) {
    const delta = random.chance(0.5) ? 5n : -1n;
    await client.inventory.adjustStock({ productId, delta, reason: 'counted' }, options);
  } else if (dice <= 68)
    await client.orders.payOrder({ orderId, amount: order.total, paymentReference: 'paid' }, options);
  else if (dice <= 77) await client.orders.shipOrder({ orderId, carrier: 'by sea' }, options);
  else if (dice <= 80) await client.orders.deliverOrder({ orderId }, options);
  else if (dice <= 85) await client.orders.cancelOrder({ orderId, reason: 'changed' }, options);
  else if (dice <= 90) {
    const lines = [{ lineNo: 1, quantity: 1n }];
    await client.orders.returnItems({ orderId, lines, reason: 'broken' }, options);
  } else if (dice <= 93) {
    const price = { currencyCode: 'GBP', amountMinor: BigInt(random.whole(50, 500)) };
    await client.catalog.changePrice({ productId, price }, options);
  } else await actOnCustomer(client, random, made.customers);
}

/** Registers a customer, updates one, or erases one of those whom this session registered. */
async function actOnCustomer(client: MeridianClient, random: Random, own: string[]): Promise<void> {
  const options = { deadline: DEADLINE_MS };
  const country = random.oneOf(COUNTRIES);
  const dice = random.whole(1, 3);
  if (dice === 1) {
    const customerId = newId();
    // Whether or not this is answered, the customer may be there.
    own.push(customerId);
    await client.customers.registerCustomer({ customerId, name: firstNameOf(customerId), country }, options);
  } else if (dice === 2 && own.length > 0)
    await client.customers.eraseCustomer({ customerId: random.oneOf(own) }, options);
  else {
    const customerId = random.oneOf([...CUSTOMERS, ...own]);
    await client.customers.updateCustomer({ customerId, name: nextNameOf(customerId), country }, options);
  }
}

/** A day that hardly any other order falls on: what is missing of its totals, nothing that comes later mends. */
function rareDay(random: Random): Date {
  return new Date(Date.now() - random.whole(2, OLDEST_DAYS - 2) * DAY_MS);
}

function line(productId: string, random: Random) {
  return { productId, quantity: BigInt(random.whole(1, 3)) };
}
