import { createMeridianClient, failureOf, refusalOf, type MeridianClient } from '@meridian/client';
import { fromToken, type ConsistencyToken } from '@meridian/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../system/random.ts';
import type { Attempt, Outcome, Wish } from './history.ts';
import { otherContent, placedBy, placing, receiving, stepping, type PlacedOrder } from './wishes.ts';

/** Clients that place orders on few products and move them, and repeat, and reuse, as badly as real ones. */
export interface Clients {
  /** Everything that was called so far and answered or given up, in the order in which the calls ended. */
  readonly attempts: readonly Attempt[];
  /**
   * Takes in no more wishes, except for one of each replica alone. Every fault must be healed. Resolves when the outcome of every
   * wish is known. Whatever nobody has answered 120 s later is given up.
   */
  finish(): Promise<void>;
}

const CURRENCY = 'GBP';
/** While there are faults, a call ends soon, and another replica is asked. */
const DEADLINE_MS = 4_000;
/** Once they are healed, a call has so much time that a slow machine alone does not end it. */
const HEALED_DEADLINE_MS = 30_000;
/** Longer than MySQL keeps a session, and so its locks, whose replica was killed behind a cut connection. */
const GIVE_UP_AFTER_MS = 120_000;
/** Of its own orders a client moves the newest, and of what was refused it wants again what it wanted lately. */
const LATEST = 8;

/** Starts so many clients over the replicas, which are asked in turn as chance has it. */
export function startClients(addresses: readonly string[], count: number, random: Random): Clients {
  const replicas = addresses.map((address) =>
    createMeridianClient({ commandAddresses: [address], queryAddresses: [address], maxAttempts: 1 }),
  );
  const attempts: Attempt[] = [];
  let marker = 1_000n;
  let stopping = false;
  let giveUpAtMs = Infinity;

  async function attempt(wish: Wish, replica: number, reuse = false): Promise<Outcome> {
    const client = replicas[replica];
    if (!client) throw new Error(`there is no replica ${replica}`);
    const sentAtMs = Date.now();
    const outcome = await call(client, wish, stopping ? HEALED_DEADLINE_MS : DEADLINE_MS);
    attempts.push({ wish, replica, reuse, sentAtMs, endedAtMs: Date.now(), outcome });
    return outcome;
  }

  /** Tries again, with the same request id and on any replica or on one, until the outcome is known. */
  async function untilKnown(wish: Wish, own: Random, replica?: number): Promise<Outcome> {
    for (;;) {
      const outcome = await attempt(wish, replica ?? own.whole(0, replicas.length - 1));
      if (outcome.kind !== 'unknown' || Date.now() > giveUpAtMs) return outcome;
      await pause(own.whole(5, 60));
    }
  }

  async function client(own: Random): Promise<void> {
    const known: Known = { accepted: [], refused: [], orders: [] };
    /** Wants one thing, or several at once, until the outcome of each is known. */
    const want = (...wishes: readonly Wish[]) =>
      Promise.all(wishes.map(async (wish) => keep(wish, await untilKnown(wish, own), known)));
    while (!stopping) {
      const { accepted, refused, orders } = known;
      const dice = own.whole(1, 100);
      if (dice <= 10) await want(receiving(own));
      else if (dice <= 18 && accepted.length > 0) await want(own.oneOf(accepted));
      else if (dice <= 23 && accepted.length > 0) {
        const other = otherContent(own.oneOf(accepted));
        if (other) await attempt(other, own.whole(0, replicas.length - 1), true);
      } else if (dice <= 36 && refused.length > 0) await want(own.oneOf(refused.slice(-2 * LATEST)));
      else if (dice <= 60 && orders.length > 0) {
        const order = own.oneOf(orders.slice(-LATEST));
        const steps = Array.from({ length: own.chance(0.15) ? 2 : 1 }, () => stepping(own, order));
        await want(...steps);
      } else {
        const wish = placing(own, ++marker);
        // Some send twice at once, to two replicas.
        await want(...(own.chance(0.1) ? [wish, wish] : [wish]));
      }
    }
  }

  const running = Array.from({ length: count }, () => client(random.fork()));
  return {
    attempts,
    async finish() {
      stopping = true;
      giveUpAtMs = Date.now() + GIVE_UP_AFTER_MS;
      // A replica that is stuck must not hide behind the others.
      const ofEach = replicas.map((_, replica) => untilKnown(receiving(random), random, replica));
      await Promise.all([...running, ...ofEach]);
      for (const replica of replicas) replica.close();
    },
  };
}

/** What a client knows of its own wishes. */
interface Known {
  readonly accepted: Wish[];
  readonly refused: Wish[];
  readonly orders: PlacedOrder[];
}

function keep(wish: Wish, outcome: Outcome, { accepted, refused, orders }: Known): void {
  if (outcome.kind === 'accepted') {
    if (accepted.includes(wish)) return;
    accepted.push(wish);
    if (refused.includes(wish)) refused.splice(refused.indexOf(wish), 1);
    const order = placedBy(wish, outcome.aggregateId);
    if (order) orders.push(order);
  } else if (outcome.kind === 'refused' && !accepted.includes(wish) && !refused.includes(wish))
    refused.push(wish);
}

async function call(client: MeridianClient, wish: Wish, deadline: number): Promise<Outcome> {
  try {
    const { receipt } = await send(client, wish, { deadline });
    if (!receipt?.token) return { kind: 'unknown', status: 'NO_RECEIPT' };
    const { aggregateId, version, replayed } = receipt;
    const token: ConsistencyToken = receipt.token;
    return { kind: 'accepted', aggregateId, version, replayed, positions: fromToken(token) };
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) return unknown(error);
    if (refusal.reason === 'REQUEST_ID_REUSED') return { kind: 'conflict' };
    const shortProducts = refusal.violations.map(({ subject }) => subject.replace(/^product\//, ''));
    return { kind: 'refused', reason: refusal.reason, shortProducts };
  }
}

function unknown(error: unknown): Outcome {
  const failure = failureOf(error);
  if (!failure) return { kind: 'unknown', status: String(error) };
  const { status, reason, message: words } = failure;
  return { kind: 'unknown', status, words, ...(reason ? { reason } : {}) };
}

function send(client: MeridianClient, wish: Wish, options: { readonly deadline: number }) {
  if (wish.kind === 'step') return sendStep(client, wish, options);
  if (wish.kind === 'receive') {
    const { requestId, receiptId, productId, quantity } = wish;
    return client.inventory.receiveStock({ requestId, receiptId, productId, quantity }, options);
  }
  const { requestId, orderId, customerId, marker } = wish;
  const unitPrice = { currencyCode: CURRENCY, amountMinor: marker };
  const lines = wish.lines.map(({ productId, quantity }) => ({ productId, quantity, unitPrice }));
  return client.orders.placeOrder({ requestId, orderId, customerId, lines }, options);
}

/** A free text of each step is its request id, by which its event is found again. */
function sendStep(
  { orders }: MeridianClient,
  { step, requestId, orderId, totalMinor, back }: Extract<Wish, { kind: 'step' }>,
  options: { readonly deadline: number },
) {
  const common = { requestId, orderId };
  switch (step) {
    case 'pay': {
      const amount = { currencyCode: CURRENCY, amountMinor: totalMinor };
      return orders.payOrder({ ...common, amount, paymentReference: requestId }, options);
    }
    case 'ship':
      return orders.shipOrder({ ...common, carrier: 'by sea', trackingNumber: requestId }, options);
    case 'cancel':
      return orders.cancelOrder({ ...common, reason: requestId }, options);
    case 'return':
      return orders.returnItems({ ...common, lines: [...back], reason: requestId }, options);
  }
}
