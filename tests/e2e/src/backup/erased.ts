import { rm } from 'node:fs/promises';
import type { MeridianClient } from '@meridian/client';
import { describe, expect, it } from 'vitest';
import { runCli } from '../cli.ts';
import type { ErasedOn, PersonOnStack } from './person-on-stack.ts';
import { flushAll, plant, removePlanted } from './planted.ts';
import { purge } from './purge.ts';

/** The doublewrite file keeps a page until others take its place. */
const withoutDoublewrite = (kinds: readonly string[]): readonly string[] =>
  kinds.filter((kind) => kind !== 'MySQL doublewrite file');

/** A customer before the erasure. */
export function describeRegistered(
  given: () => MeridianClient,
  { stack }: ErasedOn,
  person: PersonOnStack,
): void {
  describe('a customer', () => {
    it('is in files of every store, and nobody finds name, e-mail, address or key there', async () => {
      await person.register(given());
      await flushAll(stack());
      await person.expectSealed();
      expect(await person.where(person.wrappedKey)).toEqual(
        expect.arrayContaining([
          'Cassandra commit log',
          'Cassandra table',
          'MySQL binary log',
          'MySQL table',
        ]),
      );
    });
  });
}

/** A customer who was erased, on a stack that has a backup from before. */
export function describeErased({ stack }: ErasedOn, person: PersonOnStack): void {
  async function projections(...args: readonly string[]): Promise<string> {
    const { code, output } = await runCli(stack().folder, 'projections', ...args).ended;
    expect(code, output).toBe(0);
    return output;
  }

  describe('a customer who was erased', () => {
    it('is found in no file, and no question returns the data', async () => {
      await flushAll(stack());
      await person.expectSealed();
      expect(await person.where(person.id)).toContain('backup');
      await person.expectForgotten();
    });

    it('stays erased when the read model is built anew', async () => {
      const rebuilt = await projections('rebuild', 'customers');
      const [, generation = ''] = /generation (\d+) of customers is filled/.exec(rebuilt) ?? [];
      await projections('promote', 'customers', generation);
      await flushAll(stack());
      await person.expectSealed();
      await person.expectForgotten();
    });

    it('leaves no image of the wrapped key in an engine’s file after a purge, only in the backup', async () => {
      expect(await person.where(person.wrappedKey)).toEqual(
        expect.arrayContaining(['Cassandra commit log', 'MySQL binary log', 'backup']),
      );
      await purge(stack());
      expect(withoutDoublewrite(await person.where(person.wrappedKey))).toEqual(['backup']);
      await person.expectForgotten();
    });

    // After the purge: to remove what was planted closes the commit log, too.
    it('would be found, in every store, if a service forgot to seal', async () => {
      const [mysql, kafka, cassandra] = await plant(stack());
      expect(await person.where(mysql)).toEqual(
        expect.arrayContaining(['MySQL binary log', 'MySQL redo log', 'MySQL table']),
      );
      expect(await person.where(kafka)).toEqual(['Kafka']);
      expect(await person.where(cassandra)).toEqual(['Cassandra commit log', 'Cassandra table']);
      await removePlanted(stack());
    });
  });
}

/** The same customer after the restore of that backup, with the erasures among the lost events repeated. */
export function describeRestored({ stack, copies }: ErasedOn, person: PersonOnStack): void {
  describe('a customer who was erased after the backup', () => {
    it('stays erased: found in no file, and returned by no question', async () => {
      await flushAll(stack());
      await person.expectSealed();
      await person.expectForgotten();
    });

    it('leaves the wrapped key in no file once the backup is deleted and the engines are purged', async () => {
      // The restore has brought it back.
      expect(await person.where(person.wrappedKey)).toContain('MySQL binary log');
      for (const copy of copies) await rm(copy, { recursive: true });
      await purge(stack());
      expect(withoutDoublewrite(await person.where(person.wrappedKey))).toEqual([]);
      await person.expectForgotten();
    });
  });
}
