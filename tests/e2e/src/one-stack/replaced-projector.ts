import { connectCassandra } from '@meridian/cassandra';
import { createMeridianClient, regionBehindOf, type MeridianClient } from '@meridian/client';
import { contactPointsOf } from '@meridian/engines';
import { stackStatus, startStack } from '@meridian/local-stack';
import { catalogProjection } from '@meridian/read-model-catalog';
import type { TestStack } from '@meridian/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../cli.ts';

const PROJECTOR = 'projector-catalog';
const ADVICE = /^no generation of this version: .*; then: meridian projections rebuild catalog$/;
const SHORT_MS = 1_000;

/**
 * A new version of a read model on a stack of one machine. `meridian up` starts its projector in the place of the old one. Here the register is told that another version made it.
 */
export const describeReplacedProjector = (given: () => TestStack) =>
  describe('a projector of another version in the place of the one before', () => {
    let stack: TestStack;
    const clients = new Map<string, MeridianClient>();

    beforeAll(() => {
      stack = given();
      for (const [region, address] of Object.entries(stack.addresses.query))
        clients.set(
          region,
          createMeridianClient({ commandAddresses: [stack.addresses.command], queryAddresses: [address] }),
        );
    });
    afterAll(() => {
      for (const client of clients.values()) client.close();
    });

    /** In one region, whose session the others take over. */
    async function createProduct(productId: string): Promise<void> {
      const [first, ...others] = clients.values();
      await first?.catalog.createProduct({
        productId,
        name: 'Jug',
        price: { currencyCode: 'GBP', amountMinor: 100n },
      });
      for (const other of others) other.see(first?.token() ?? { entries: [] });
    }

    const projectorNow = async () =>
      (await stackStatus(stack.folder)).services.find(({ name }) => name === PROJECTOR);

    it('starts, says what an operator has to do, and answers stand still where they were', async () => {
      await createProduct('jug-before');
      for (const { catalog } of clients.values()) await catalog.getProduct({ productId: 'jug-before' });
      await stack.stopService(PROJECTOR);
      await tellVersion(stack, catalogProjection.version - 1);
      expect(await stack.startService(PROJECTOR)).toMatch(ADVICE);
      expect(await projectorNow()).toMatchObject({
        state: 'waiting',
        advice: expect.stringMatching(ADVICE),
      });
      const { output } = await runCli(stack.folder, 'status').ended;
      expect(output).toContain(`${PROJECTOR} waits: no generation of this version`);
      await createProduct('jug-meanwhile');
      for (const { catalog } of clients.values()) {
        const asked = catalog.getProduct({ productId: 'jug-meanwhile' }, { deadline: SHORT_MS });
        await expect(asked).rejects.toSatisfy((error) => regionBehindOf(error) !== undefined);
        const old = catalog.getProduct({ productId: 'jug-before' }, { withToken: false });
        expect(await old).toMatchObject({ product: { name: 'Jug' } });
      }
    });

    it('is left as it is by a further start, which says the same', async () => {
      const before = await projectorNow();
      const waits: [name: string, advice: string][] = [];
      const { folder, names } = stack;
      await startStack({
        folder,
        names,
        engines: 'external',
        projectors: 'separate',
        onServiceWaits: (...one) => void waits.push(one),
      });
      expect(waits).toEqual([[PROJECTOR, expect.stringMatching(ADVICE)]]);
      expect(await projectorNow()).toEqual(before);
    });

    it('is ready after a rebuild and its promotion, and answers show what came meanwhile', async () => {
      const cli = async (...args: readonly string[]) =>
        (await runCli(stack.folder, 'projections', ...args).ended).code;
      expect(await cli('rebuild', 'catalog')).toBe(0);
      expect((await projectorNow())?.advice).toContain('meridian projections promote catalog 2');
      expect(await cli('promote', 'catalog', '2')).toBe(0);
      await expect.poll(async () => (await projectorNow())?.state).toBe('ready');
      for (const { catalog } of clients.values()) {
        // A question that has begun before its query-service saw the promotion waits in the old generation, and has to be asked again.
        const asked = () =>
          catalog.getProduct({ productId: 'jug-meanwhile' }).catch((error: unknown) => error);
        await expect.poll(asked).toMatchObject({ product: { name: 'Jug' } });
      }
      expect(await cli('drop', 'catalog', '1')).toBe(0);
    });
  });

/** Lets the register say that code of this version made the first generation of the catalog. */
async function tellVersion({ engineEnvironment, regions, names }: TestStack, version: number): Promise<void> {
  const [home = ''] = regions;
  const contactPoints = contactPointsOf(engineEnvironment, home);
  const session = await connectCassandra({ contactPoints, localDataCenter: home });
  try {
    const wasTold = await session.executeIf(
      `UPDATE ${names.keyspace}.projection_generation SET version = ?, newest_version = ? WHERE projector = 'catalog' AND generation = 1 IF version = ?`,
      [version, version, catalogProjection.version],
    );
    expect(wasTold).toBe(true);
  } finally {
    await session.close();
  }
}
