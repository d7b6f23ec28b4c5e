import { randomBytes } from 'node:crypto';
import { cqlName, type Projection } from '@meridian/projection';
import { PROJECTIONS, type ReadModelName } from '@meridian/read-models';
import { createKeyCopies, createMasterKey, sealPersonalData } from '@meridian/sealing';
import { placedOrder, recorded } from '../processes/order-events.ts';
import type { BenchSystem } from './bench-system.ts';
import { applyTo, connectRegion, fillReadSpace } from './read-space.ts';

const KEY_BYTES = 32;
/** Most customers order again. */
const ORDERS_A_CUSTOMER = 3;
const BEGAN = new Date('2026-01-02T03:04:05Z');
const AT_ONCE = 50;

/** The nth customer of a lone space, from 0. */
export const loneCustomerId = (index: number): string => `lone-c${String(index).padStart(6, '0')}`;
/** The nth product of a lone space, from 0. */
export const loneProductId = (index: number): string => `lone-p${String(index).padStart(6, '0')}`;

/** A read model's projection. */
export function projectionOf(name: ReadModelName): Projection {
  const found = PROJECTIONS.find((projection) => projection.name === name);
  if (!found) throw new Error(`there is no projection ${name}`);
  return found;
}

/** The name of a table of a read model, without the keyspace. */
export const tableNameOf = (name: ReadModelName, table: string): string =>
  cqlName({ name: table }, projectionOf(name).version);

/**
 * A read side with so many orders, customers and products. Each customer has personal data under a key of its own, with a copy in
 * every region, and a few orders. Resolves with the master key that query services need, in the form of its variable.
 */
export async function fillLoneSpace(system: BenchSystem, space: string, count: number): Promise<string> {
  await fillReadSpace(system, space, count);
  const master = randomBytes(KEY_BYTES);
  const { regions } = system;
  const session = await connectRegion(system, regions[0] ?? '');
  try {
    const place = { session, space, regions };
    await applyTo(place, projectionOf('inventory'), Array.from({ length: count }, received));
    const keys = await copyKeys(system, space, createMasterKey(master), count);
    const registered = keys.map((key, index) => registration(key, index));
    const orders = Array.from({ length: count * ORDERS_A_CUSTOMER }, (_, index) =>
      placedOrder(`lone-o${index}`, BigInt(index + 1), loneCustomerId(index % count)),
    );
    await applyTo(place, projectionOf('customers'), registered);
    await applyTo(place, projectionOf('orders'), orders);
  } finally {
    await session.close();
  }
  return master.toString('base64');
}

/** Makes the keys of all customers, and copies each to every region. */
async function copyKeys(
  system: BenchSystem,
  space: string,
  master: ReturnType<typeof createMasterKey>,
  count: number,
): Promise<readonly Buffer[]> {
  // Copies of an earlier run may be there: the later change counts.
  const changedAt = new Date();
  const wrapped = Array.from({ length: count }, (_, index) => master.newWrappedKey(loneCustomerId(index)));
  for (const region of system.regions) {
    const session = await connectRegion(system, region);
    const copies = createKeyCopies(session, `${space}_keys`, master);
    for (let start = 0; start < count; start += AT_ONCE)
      await Promise.all(
        wrapped.slice(start, start + AT_ONCE).map((wrappedKey, index) => {
          const customerId = loneCustomerId(start + index);
          return copies.write({ customerId, wrappedKey, changedAt });
        }),
      );
    await session.close();
  }
  return wrapped.map((key, index) => master.unwrap(loneCustomerId(index), key));
}

function registration(key: Buffer, index: number) {
  const customerId = loneCustomerId(index);
  const clear = { name: 'Ada Lovelace', email: 'ada@example.org', address: '12 St James’s Square' };
  const aggregate = { context: 'customers', aggregateType: 'customer', aggregateId: customerId } as const;
  const personalData = sealPersonalData(key, customerId, clear);
  const data = { customerId, personalData, country: 'France', registeredAt: BEGAN };
  return recorded(aggregate, BigInt(index + 1), { type: 'CustomerRegistered', data });
}

function received(_: unknown, index: number) {
  const productId = loneProductId(index);
  const aggregate = { context: 'inventory', aggregateType: 'stock', aggregateId: productId } as const;
  const level = { oldOnHand: 0n, oldReserved: 0n, onHand: 1_000n, reserved: 0n };
  const data = { productId, receiptId: 'receipt', quantity: 1_000n, level };
  return recorded(aggregate, BigInt(index + 1), { type: 'StockReceived', data });
}
