import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { refusalOf, type MeridianClient } from '@meridian/client';
import type { RunningStack } from '@meridian/local-stack';
import { createPool } from '@meridian/mysql';
import { createMasterKey } from '@meridian/sealing';
import { formsOfBytes, formsOfText, type Wanted } from '@meridian/testing';
import { z } from 'zod';

/** What a customer says about a person. */
interface Said {
  readonly name: string;
  readonly email: string;
  readonly address: string;
}

/** A customer whose data nothing else on this machine looks like. */
export interface Person {
  readonly customerId: string;
  readonly orderId: string;
  /** The requests that carried the data. */
  readonly registered: Said & { readonly requestId: string };
  readonly updated: Said & { readonly requestId: string };
}

const COUNTRY = 'France';

/** Capital letters, so that a store that changes case would show. */
const mark = (): string => `${randomBytes(8).toString('hex')}QXZ`;
const said = () => ({
  requestId: randomUUID(),
  name: `Erin ${mark()}`,
  email: `${mark()}@example.org`,
  address: `${mark()} Mews 17`,
});

/** A person of whom no other run knows. */
export function somebody(): Person {
  return { customerId: `erin-${mark()}`, orderId: randomUUID(), registered: said(), updated: said() };
}

/** Registers the person, changes every field and places an order. */
export async function becomeCustomer(client: MeridianClient, person: Person): Promise<void> {
  const { customerId, orderId } = person;
  await client.customers.registerCustomer({ customerId, country: COUNTRY, ...person.registered });
  await client.customers.updateCustomer({ customerId, country: COUNTRY, ...person.updated });
  const lines = [{ productId: 'lamp', quantity: 1n }];
  await client.orders.placeOrder({ requestId: randomUUID(), orderId, customerId, lines });
}

/** All that services answer about the person, refusals included, as one text. The commands are those from before, again. */
export async function answersAbout(client: MeridianClient, person: Person): Promise<string> {
  const { customerId, orderId } = person;
  const answers = await Promise.all(
    [
      client.customers.getCustomer({ customerId }, { deadline: 60_000 }),
      client.orders.getOrder({ orderId }, { deadline: 60_000 }),
      client.orders.listOrderHistory({ orderId }),
      client.orders.listCustomerOrders({ customerId }),
      client.erasures.getErasure({ customerId }),
      client.customers.registerCustomer({ customerId, country: COUNTRY, ...person.registered }),
      client.customers.updateCustomer({ customerId, country: COUNTRY, ...person.updated }),
    ].map((answer) => answer.catch((error: unknown) => ({ refused: refusalOf(error), text: String(error) }))),
  );
  return JSON.stringify(answers, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** The personal data, to be looked for. */
export function personalDataOf({ registered, updated }: Person): readonly Wanted[] {
  return [registered, updated].flatMap(({ name, email, address }) =>
    Object.entries({ name, email, address }).map(([what, text]) => ({ what, forms: formsOfText(text) })),
  );
}

/** The customer's id. It stands in the same rows and messages as the sealed data, and is no secret. */
export const idOf = ({ customerId }: Person): Wanted => ({
  what: 'id',
  forms: formsOfBytes(Buffer.from(customerId)).slice(0, 1),
});

const keysFile = z.object({ MERIDIAN_MASTER_KEY: z.string() });

/** The customer's key, to be looked for: as it is, and wrapped as MySQL and the regions keep it. Before the erasure only. */
export async function keysOf(
  { folder, engineEnvironment, names }: RunningStack,
  { customerId }: Person,
): Promise<{ readonly plain: Wanted; readonly wrapped: Wanted }> {
  const pool = createPool({ url: engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '' });
  try {
    const { rows } = await pool.query(
      `SELECT wrapped_key FROM ${names.keysDatabase}.customer_key WHERE customer_id = ?`,
      [customerId],
    );
    const wrapped = rows[0]?.['wrapped_key'];
    if (!Buffer.isBuffer(wrapped)) throw new Error('the customer has no key');
    const { MERIDIAN_MASTER_KEY: master } = keysFile.parse(
      JSON.parse(readFileSync(path.join(folder, 'keys.json'), 'utf8')),
    );
    const plain = createMasterKey(Buffer.from(master, 'base64')).unwrap(customerId, wrapped);
    return {
      plain: { what: 'key', forms: formsOfBytes(plain) },
      wrapped: { what: 'wrapped key', forms: formsOfBytes(wrapped) },
    };
  } finally {
    await pool.close();
  }
}
