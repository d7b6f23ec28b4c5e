import { readFile } from 'node:fs/promises';
import { refusalOf } from '@meridian/client';
import { z } from 'zod';
import { clientOf, runningStack } from '../../connect.ts';
import { say } from '../../output.ts';

const lostEvent = z.object({ type: z.string(), eventId: z.string(), aggregateId: z.string() });

/**
 * Repeats the erasures among the events that a restored database has lost, from the file of `journal fence --lost`. The
 * restored copy holds the keys of these customers again. Safe to repeat.
 */
export async function eraseAgain(file: string): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const erasures = lines
    .map((line) => lostEvent.parse(JSON.parse(line)))
    .filter(({ type }) => type === 'CustomerErased');
  const client = clientOf(runningStack());
  let erased = 0;
  try {
    for (const { eventId: requestId, aggregateId: customerId } of erasures) {
      try {
        await client.customers.eraseCustomer({ requestId, customerId });
        erased += 1;
      } catch (error) {
        // A customer who registered after the copy was made is lost, and so is the key.
        if (!['CUSTOMER_NOT_FOUND', 'CUSTOMER_ERASED'].includes(refusalOf(error)?.reason ?? '')) throw error;
      }
    }
  } finally {
    client.close();
  }
  say(
    `${erased} of ${erasures.length} lost erasures were repeated; the others’ customers are gone or erased`,
  );
}
