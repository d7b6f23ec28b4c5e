import { MAX_POSITION, partitionKey, toToken } from '@meridian/contracts';
import { createProgressWatch } from '@meridian/read-store';
import { describe, expect, it } from 'vitest';
import { answer } from './answering.ts';
import { MAX_AHEAD } from './reached.ts';
import { createParkedWatch } from './parked.ts';
import type { ReadModel } from './read-model.ts';
import { callWithin, modelWith, sessionWith } from './testing/stand-ins.ts';

const owner = { projector: 'orders', generation: 1 };
const key = partitionKey('orders', 3);

/** The orders' read model in a region that has applied everything up to a position of one partition. */
function modelAt(position: bigint): ReadModel {
  const session = sessionWith({
    execute: (cql) =>
      Promise.resolve(
        cql.includes('projection_progress')
          ? [{ context: 'orders', partition: 3, position, event_time: new Date(0) }]
          : [],
      ),
  });
  return modelWith('orders', {
    parked: createParkedWatch(session, 'k', owner),
    watch: createProgressWatch({ session, keyspace: 'k', ...owner, region: 'eu-west', contexts: ['orders'] }),
  });
}

/** How a question ends whose token names a position of a partition. Its caller gives it a moment. */
async function askedWith(applied: bigint, required: bigint, partition = key): Promise<unknown> {
  const token = toToken(new Map([[partition, required]]));
  const asked = answer(modelAt(applied), { token }, callWithin(50), async () => 'answered', {
    includes: () => [],
  });
  return asked.then(
    ({ value }) => value,
    (error: unknown) => error,
  );
}

const impossible = {
  details: expect.stringContaining('ask without the token'),
  extra: [
    { reason: 'TOKEN_IMPOSSIBLE', metadata: { violations_total: '1' } },
    { violations: [{ type: 'TOKEN_IMPOSSIBLE', subject: key }] },
  ],
};

describe('a token', () => {
  it('that no journal gives fails at once and says so', async () => {
    expect(await askedWith(120n, 2n ** 63n - 1n)).toMatchObject(impossible);
    expect(await askedWith(MAX_POSITION, MAX_POSITION + 1n)).toMatchObject(impossible);
  });

  it('that is too far beyond all that is known fails at once too', async () => {
    expect(await askedWith(120n, 120n + MAX_AHEAD + 1n)).toMatchObject(impossible);
    expect(await askedWith(0n, MAX_AHEAD + 1n)).toMatchObject(impossible);
  });

  it('that may be true is waited for, however new it is', async () => {
    for (const ahead of [1n, 1_000_000_000n, 10n ** 12n, MAX_AHEAD])
      expect(await askedWith(120n, 120n + ahead)).toMatchObject({ extra: [{ reason: 'REGION_BEHIND' }, {}] });
  });

  it('that was applied, or is of contexts that do not feed the read model, is answered', async () => {
    expect(await askedWith(120n, 120n)).toBe('answered');
    expect(await askedWith(120n, 2n ** 63n, partitionKey('catalog', 0))).toBe('answered');
  });
});
