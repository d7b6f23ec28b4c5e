import { randomUUID } from 'node:crypto';
import type { MeridianClient } from '@meridian/client';
import { CustomerStatus } from '@meridian/contracts';
import type { RunningStack } from '@meridian/local-stack';
import { openTruth, searchFiles, type Wanted } from '@meridian/testing';
import { expect } from 'vitest';
import { answersAbout, becomeCustomer, idOf, keysOf, personalDataOf, somebody } from './person.ts';
import { kindsOf } from './stores.ts';

/** What the journey of an erased customer needs of the stack that it is on. */
export interface ErasedOn {
  stack(): RunningStack;
  clientIn(region: string): MeridianClient;
  /** Where the copy is, and the data from before the restore: both are deleted at the end. */
  readonly copies: readonly string[];
}

/** Every kind of file that holds rows or messages of a customer. */
const EVERYWHERE = [
  'Cassandra commit log',
  'Cassandra table',
  'Kafka',
  'MySQL binary log',
  'MySQL redo log',
  'MySQL table',
];

/** A customer of a stack, looked for in every file of it, as bytes, packed and unpacked. */
export class PersonOnStack {
  readonly #on: ErasedOn;
  readonly #person = somebody();
  readonly #personal = personalDataOf(this.#person);
  readonly id: Wanted = idOf(this.#person);
  #keys: Awaited<ReturnType<typeof keysOf>> | undefined;

  constructor(on: ErasedOn) {
    this.#on = on;
  }

  /** The key as MySQL and the regions keep it. Known once the customer is registered. */
  get wrappedKey(): Wanted {
    return this.#known.wrapped;
  }

  get #known() {
    if (!this.#keys) throw new Error('the customer is not registered');
    return this.#keys;
  }

  /** Registers the customer, and shows that the data is answered. */
  async register(client: MeridianClient): Promise<void> {
    await becomeCustomer(client, this.#person);
    const { customerId, updated } = this.#person;
    const { customer } = await client.customers.getCustomer({ customerId }, { deadline: 60_000 });
    expect(customer?.name).toBe(updated.name);
    this.#keys = await keysOf(this.#on.stack(), this.#person);
  }

  /** Erases the customer, and waits until every region has destroyed its copy of the key. */
  async erase(client: MeridianClient): Promise<void> {
    const { customerId } = this.#person;
    await client.customers.eraseCustomer({ requestId: randomUUID(), customerId });
    const isDone = async () => {
      const { erasure } = await client.erasures.getErasure({ customerId });
      return erasure?.regions.every(({ doneAt }) => doneAt !== undefined);
    };
    await expect.poll(isDone).toBe(true);
  }

  /** The kinds of files in which something is found, in whatever form. */
  async where(wanted: Wanted): Promise<readonly string[]> {
    return kindsOf(await searchFiles(this.#on.stack().folder, [wanted]));
  }

  /** Neither the data nor the plain key is in any file. The id is in the same rows: unless it is found, nothing is shown. */
  async expectSealed(): Promise<void> {
    const wanted = [this.id, ...this.#personal, this.#known.plain];
    const findings = await searchFiles(this.#on.stack().folder, wanted);
    expect(findings.filter(({ what }) => what !== this.id.what)).toEqual([]);
    expect(kindsOf(findings)).toEqual(expect.arrayContaining(EVERYWHERE));
  }

  /** No region answers anything of the data, to whatever question, once it shows all that MySQL holds. */
  async expectForgotten(): Promise<void> {
    const { engineEnvironment, names, regions } = this.#on.stack();
    const { customerId } = this.#person;
    const truth = openTruth(engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '', names.database);
    const token = await truth.lastToken().finally(() => truth.close());
    for (const region of regions) {
      const reader = this.#on.clientIn(region);
      reader.see(token);
      const { customer } = await reader.customers.getCustomer({ customerId }, { deadline: 60_000 });
      const nothing = { name: '', email: '', address: '', status: CustomerStatus.ERASED };
      expect(customer, region).toMatchObject(nothing);
      const answers = Buffer.from(await answersAbout(reader, this.#person));
      expect(answers.includes(customerId)).toBe(true);
      const told = this.#personal.filter(({ forms }) => forms.some(({ bytes }) => answers.includes(bytes)));
      expect(told.map(({ what }) => what)).toEqual([]);
      reader.close();
    }
  }
}
