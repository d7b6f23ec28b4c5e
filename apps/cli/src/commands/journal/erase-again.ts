import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { refusalOf } from '@meridian/client';
import { keysThatCameBack } from '@meridian/sealing';
import { z } from 'zod';
import { commandClientOf, type CommandClient } from '../../connect.ts';
import { cassandraOf, onJournal } from '../../engine-connections.ts';
import { readersOf, type ReaderOptions } from '../../engine-stores.ts';
import { say } from '../../output.ts';

/** Where to find what to erase, and whom to ask for it. */
export interface EraseAgainOptions extends ReaderOptions {
  /** The command-service to ask; the one of the running stack when left out. */
  readonly address?: string;
}

const lostEvent = z.object({ type: z.string(), eventId: z.string(), aggregateId: z.string() });

/**
 * Repeats the erasures that a restored database has lost: the restored copy holds the keys of these customers again. Some
 * are among the events of the file of `journal fence --lost`. Kafka forgets events after days. So the others are those that
 * the region's copies of the keys remember. Safe to repeat.
 */
export async function eraseAgain(file: string, options: EraseAgainOptions): Promise<void> {
  const client = commandClientOf(options.address);
  try {
    await eraseLost(file, client);
    await eraseRemembered(options, client);
  } finally {
    client.close();
  }
}

async function eraseLost(file: string, client: CommandClient): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const erasures = lines
    .map((line) => lostEvent.parse(JSON.parse(line)))
    .filter(({ type }) => type === 'CustomerErased');
  let erased = 0;
  for (const { eventId, aggregateId } of erasures) if (await eraseOne(client, eventId, aggregateId)) erased++;
  say(
    `${erased} of ${erasures.length} lost erasures were repeated; the other customers do not exist or are erased`,
  );
}

async function eraseRemembered(options: ReaderOptions, client: CommandClient): Promise<void> {
  const stores = readersOf(options);
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
