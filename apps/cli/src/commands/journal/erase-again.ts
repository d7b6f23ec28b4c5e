import { randomUUID } from 'node:crypto';
import { refusalOf } from '@meridian/client';
import { keysThatCameBack } from '@meridian/sealing';
import { commandClientOf, type CommandClient } from '../../connect.ts';
import { cassandraOf, onJournal } from '../../engine-connections.ts';
import { readersOf, type ReaderOptions, type ReaderStores } from '../../engine-stores.ts';
import { say } from '../../output.ts';
import { lostErasures } from './lost-erasures.ts';

/** Where to find what to erase, and whom to ask for it. */
export interface EraseAgainOptions extends ReaderOptions {
  /** The command-service to ask; the one of the running stack when left out. */
  readonly address?: string;
}

/**
 * Repeats the erasures that a restored database has lost: the restored copy holds the keys of these customers again. Some
 * are among the events of the file of `journal fence --lost`. Kafka forgets events after days. So the others are those that
 * the region's copies of the keys remember. A customer who has registered anew since, under the same id, stays. Safe to
 * repeat, at any time.
 */
export async function eraseAgain(file: string, options: EraseAgainOptions): Promise<void> {
  const client = commandClientOf(options.address);
  try {
    const stores = readersOf(options);
    await eraseLost(file, stores, client);
    await eraseRemembered(stores, client);
  } finally {
    client.close();
  }
}

async function eraseLost(file: string, stores: ReaderStores, client: CommandClient): Promise<void> {
  const { total, toRepeat, ofEarlierCustomers } = await onJournal(stores, (pool) => lostErasures(pool, file));
  let erased = 0;
  for (const { eventId, customerId } of toRepeat) if (await eraseOne(client, eventId, customerId)) erased++;
  const anew = ofEarlierCustomers > 0 ? `, or have registered anew and stay (${ofEarlierCustomers})` : '';
  say(
    `${erased} of ${total} lost erasures were repeated; the other customers do not exist or are erased${anew}`,
  );
}

async function eraseRemembered(stores: ReaderStores, client: CommandClient): Promise<void> {
  const session = await cassandraOf(stores);
  let erased = 0;
  try {
    await onJournal(stores, async (pool) => {
      const [schema, keyspace] = [stores.keysDatabase, `${stores.keyspace}_keys`];
      for await (const customerId of keysThatCameBack({ pool, schema, session, keyspace }))
        if (await eraseOne(client, randomUUID(), customerId)) erased++;
    });
  } finally {
    await session.close();
  }
  say(`${erased} more were repeated that ${stores.region} remembers`);
}

/** Resolves with whether it was erased now. */
async function eraseOne(client: CommandClient, requestId: string, customerId: string): Promise<boolean> {
  try {
    await client.customers.eraseCustomer({ requestId, customerId });
    return true;
  } catch (error) {
    // A customer who registered after the copy was made is lost, and so is the key.
    if (!['CUSTOMER_NOT_FOUND', 'CUSTOMER_ERASED'].includes(refusalOf(error)?.reason ?? '')) throw error;
    return false;
  }
}
