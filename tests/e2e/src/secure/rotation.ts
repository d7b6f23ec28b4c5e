import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createJournalReader, createMeridianClient, failureOf } from '@meridian/client';
import { restartEngine, type IdentityFiles } from '@meridian/engines';
import type { RunningStack } from '@meridian/local-stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountsOf, type Accounts } from './accounts.ts';
import type { Journey } from './journey.ts';
import { beginLoad, type SteadyLoad } from './rotation-load.ts';
import { endSessions, isSignedBy, newAuthority, PROJECTOR, rotatePassword } from './rotation-steps.ts';

const ACCOUNTS = ['command-service', 'query-service', PROJECTOR];

/** Certificates, their authority and passwords of a closed stack are replaced while callers are at work. */
export function describeRotation(stackOf: () => RunningStack, journey: Journey): void {
  let load: SteadyLoad;
  let accounts: Accounts;
  const oldPasswords = new Map<string, string>();

  describe('the secrets of a closed stack, replaced under load', () => {
    beforeAll(async () => {
      accounts = accountsOf(stackOf());
      load = await beginLoad(stackOf(), journey);
    });
    afterAll(async () => {
      await load?.end();
      await accounts?.close();
    });

    it('answer callers that ask without a pause', async () => {
      await load.goesOn();
    });

    it.each(ACCOUNTS)('lose no call with the passwords of %s', async (user) => {
      oldPasswords.set(user, await rotatePassword(stackOf(), accounts, user));
      await load.goesOn();
    });

    it('lose no call with the certificates and the authority of the services', async () => {
      await replaceAuthority(stackOf(), load);
    });

    it('have lost no call, and no watch', async () => {
      await load.watchesSee();
      await load.end();
      expect(load.failures).toEqual([]);
    });

    it('are refused afterwards, the old ones, by every engine', async () => {
      for (const user of ACCOUNTS) {
        const old = oldPasswords.get(user) ?? '';
        expect(old).not.toBe('');
        await refusesOld(stackOf(), user, old);
      }
    });

    it('serve services that lose all their connections', async () => {
      const stack = stackOf();
      expect(await endSessions(accounts, 'command-service')).toBeGreaterThan(0);
      for (const engine of ['kafka', 'cassandra-eu-west'] as const)
        await restartEngine(path.join(stack.folder, 'engines'), engine);
      const isServed = () => serves(stack, journey).catch((error: unknown) => String(error));
      await expect.poll(isServed).toBe('served');
    });
  });
}

/** Places orders, and asks each region for them: events have to go through Kafka, and rows through Cassandra. */
async function serves(stack: RunningStack, journey: Journey): Promise<'served'> {
  const load = await beginLoad(stack, journey);
  try {
    await load.goesOn();
    return 'served';
  } finally {
    await load.end();
  }
}

/** Old and new authority are trusted, then the new one signs, then it alone is trusted. */
async function replaceAuthority(stack: RunningStack, load: SteadyLoad): Promise<void> {
  const { next, former, trust, issue, forget } = await newAuthority(stack);
  const { command, query } = stack.addresses;
  const listeners = [command, ...Object.values(query)];
  const newcomer = await next.identity(PROJECTOR);
  const written = readFileSync(next.authorityFile, 'utf8');
  const known = (files: Proof) => Promise.all(listeners.map((address) => isKnown(stack, address, files)));

  expect(new Set(await known(former))).toEqual(new Set([true]));
  expect(new Set(await known(newcomer))).toEqual(new Set([false]));
  trust('both');
  await expect.poll(() => known(newcomer)).not.toContain(false);
  await load.goesOn();
  await issue();
  const shown = () => Promise.all(listeners.map((address) => isSignedBy(address, written)));
  await expect.poll(shown).not.toContain(false);
  await load.goesOn();
  trust('new');
  await expect.poll(() => known(former)).not.toContain(true);
  expect(await known(newcomer)).not.toContain(false);
  await load.goesOn();
  forget();
}

type Proof = Pick<IdentityFiles, 'certificateFile' | 'keyFile'>;

/** Whether a service takes a certificate for that of another service. */
async function isKnown(stack: RunningStack, address: string, proof: Proof): Promise<boolean> {
  const { certificateFile, keyFile } = proof;
  const tls = { authorityFile: stack.access?.authorityFile, certificateFile, keyFile };
  if (address === stack.addresses.command) {
    const journal = createJournalReader({ addresses: [address], tls });
    return journal
      .head()
      .then(
        () => true,
        (error: unknown) => reasonOf(error) !== 'TOKEN_MISSING',
      )
      .finally(() => journal.close());
  }
  const client = createMeridianClient({ commandAddresses: [address], queryAddresses: [address], tls });
  try {
    await client.orders.getOrder({ orderId: 'nobody' });
    throw new Error('a projector may not ask for orders');
  } catch (error) {
    return reasonOf(error) === 'METHOD_NOT_ALLOWED';
  } finally {
    client.close();
  }
}

function reasonOf(error: unknown): string {
  const failure = failureOf(error);
  if (!failure) throw error;
  return failure.reason ?? failure.status;
}

/** Cassandra may take an old password for as long as it keeps what it has read: 2 s. */
async function refusesOld(stack: RunningStack, user: string, old: string): Promise<void> {
  const accounts = accountsOf(stack);
  const admin = accounts.kafka(user, old).admin();
  await expect(admin.connect()).rejects.toThrow(/auth/i);
  await admin.disconnect();
  const cassandra = async () => {
    // The connections of each set of accounts are kept.
    const again = accountsOf(stack);
    try {
      await again.cassandra(user, old);
      return 'taken';
    } catch (error) {
      return String(Object.values(Object(error).innerErrors ?? {})[0] ?? error);
    } finally {
      await again.close();
    }
  };
  await expect.poll(cassandra).toMatch(/credentials|incorrect/i);
  if (user === 'command-service')
    await expect(accounts.mysql(user, { password: old }).query('SELECT 1')).rejects.toThrow(/denied/);
  await accounts.close();
}
