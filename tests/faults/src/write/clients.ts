import { createMeridianClient, failureOf, refusalOf, type MeridianClient } from '@meridian/client';
import { fromToken, type ConsistencyToken } from '@meridian/contracts';
import { newId } from '@meridian/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../system/random.ts';
import type { Attempt, Outcome, Wish } from './history.ts';

/** Clients that place orders on few products, and repeat, and reuse, as badly as real ones. */
export interface Clients {
  /** Everything that was called so far and answered or given up. */
  readonly attempts: readonly Attempt[];
  /** Takes in no more wishes and resolves when the outcome of every wish is known. */
  finish(): Promise<void>;
}

/** The products that everybody wants. */
export const PRODUCTS = ['hot-0', 'hot-1', 'hot-2', 'hot-3', 'hot-4', 'hot-5'];
/** The customers. */
export const CUSTOMERS = ['customer-0', 'customer-1', 'customer-2'];

const DEADLINE_MS = 4_000;
const GIVE_UP_AFTER_MS = 90_000;

/** Starts so many clients over the replicas, which are asked in turn as chance has it. */
export function startClients(addresses: readonly string[], count: number, random: Random): Clients {
  const replicas = addresses.map((address) =>
    createMeridianClient({ commandAddresses: [address], queryAddresses: [address], maxAttempts: 1 }),
  );
  const attempts: Attempt[] = [];
  let marker = 1_000n;
  let stopping = false;

  async function attempt(wish: Wish, replica: number, reuse = false): Promise<Outcome> {
    const client = replicas[replica];
    if (!client) throw new Error(`there is no replica ${replica}`);
    const sentAtMs = Date.now();
    const outcome = await call(client, wish);
    attempts.push({ wish, replica, reuse, sentAtMs, endedAtMs: Date.now(), outcome });
    return outcome;
  }

  /** Tries again, with the same request id and on any replica, until the outcome is known. */
  async function untilKnown(wish: Wish, own: Random): Promise<Outcome> {
    const endMs = Date.now() + GIVE_UP_AFTER_MS;
    for (;;) {
      const outcome = await attempt(wish, own.whole(0, replicas.length - 1));
      if (outcome.kind !== 'unknown' || Date.now() > endMs) return outcome;
      await pause(own.whole(5, 60));
    }
  }

  async function client(own: Random): Promise<void> {
    const accepted: Wish[] = [];
    const refused: Wish[] = [];
    while (!stopping) {
      const dice = own.whole(1, 100);
      if (dice <= 12) {
        await untilKnown(receiving(own), own);
      } else if (dice <= 20 && accepted.length > 0) {
        await untilKnown(own.oneOf(accepted), own);
      } else if (dice <= 25 && accepted.length > 0) {
        const wish = own.oneOf(accepted);
        if (wish.kind === 'place') await attempt(otherContent(wish), own.whole(0, replicas.length - 1), true);
      } else if (dice <= 40 && refused.length > 0) {
        const wish = own.oneOf(refused);
        keep(wish, await untilKnown(wish, own), accepted, refused);
      } else {
        const wish = placing(own, ++marker);
        // Some send twice at once, to two replicas.
        const outcomes = await Promise.all(
          Array.from({ length: own.chance(0.1) ? 2 : 1 }, () => untilKnown(wish, own)),
        );
        for (const outcome of outcomes) keep(wish, outcome, accepted, refused);
      }
    }
  }

  const running = Array.from({ length: count }, () => client(random.fork()));
  return {
    attempts,
    async finish() {
      stopping = true;
      await Promise.all(running);
      for (const replica of replicas) replica.close();
    },
  };
}

function keep(wish: Wish, outcome: Outcome, accepted: Wish[], refused: Wish[]): void {
  const [into, from] = outcome.kind === 'accepted' ? [accepted, refused] : [refused, accepted];
  if (outcome.kind !== 'accepted' && outcome.kind !== 'refused') return;
  if (outcome.kind === 'accepted' || !from.includes(wish)) {
    if (!into.includes(wish)) into.push(wish);
    if (outcome.kind === 'accepted' && from.includes(wish)) from.splice(from.indexOf(wish), 1);
  }
}

function placing(random: Random, marker: bigint): Wish {
  const lines = PRODUCTS.filter(() => random.chance(0.4)).map((productId) => ({
    productId,
    quantity: BigInt(random.whole(1, 4)),
  }));
  const requestId = newId();
  return {
    ...{ kind: 'place', requestId, marker, orderId: random.chance(0.5) ? `order-${marker}` : '' },
    customerId: random.oneOf(CUSTOMERS),
    lines: lines.length > 0 ? lines : [{ productId: random.oneOf(PRODUCTS), quantity: 1n }],
  };
}

function receiving(random: Random): Wish {
  const requestId = newId();
  const quantity = BigInt(random.whole(5, 40));
  return { kind: 'receive', requestId, receiptId: requestId, productId: random.oneOf(PRODUCTS), quantity };
}

function otherContent(wish: Wish & { kind: 'place' }): Wish {
  return { ...wish, lines: wish.lines.map((line) => ({ ...line, quantity: line.quantity + 1n })) };
}

async function call(client: MeridianClient, wish: Wish): Promise<Outcome> {
  try {
    const { receipt } = await send(client, wish);
    if (!receipt?.token) return { kind: 'unknown', status: 'NO_RECEIPT' };
    const { aggregateId, version, replayed } = receipt;
    const token: ConsistencyToken = receipt.token;
    return { kind: 'accepted', aggregateId, version, replayed, positions: fromToken(token) };
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) return { kind: 'unknown', status: failureOf(error)?.status ?? String(error) };
    if (refusal.reason === 'REQUEST_ID_REUSED') return { kind: 'conflict' };
    const shortProducts = refusal.violations.map(({ subject }) => subject.replace(/^product\//, ''));
    return { kind: 'refused', reason: refusal.reason, shortProducts };
  }
}

function send(client: MeridianClient, wish: Wish) {
  const options = { deadline: DEADLINE_MS };
  if (wish.kind === 'receive') {
    const { requestId, receiptId, productId, quantity } = wish;
    return client.inventory.receiveStock({ requestId, receiptId, productId, quantity }, options);
  }
  const { requestId, orderId, customerId, marker } = wish;
  const unitPrice = { currencyCode: 'GBP', amountMinor: marker };
  const lines = wish.lines.map(({ productId, quantity }) => ({ productId, quantity, unitPrice }));
  return client.orders.placeOrder({ requestId, orderId, customerId, lines }, options);
}
