import { randomBytes } from 'node:crypto';
import type { CassandraSession } from '@meridian/cassandra';
import { expect, it } from 'vitest';
import { createKeyCopies } from './key-copies.ts';
import { createMasterKey } from './master-key.ts';

it('asks a quorum of its own region alone, so that another region’s outage is not its own', async () => {
  const asked: string[] = [];
  const unused = () => Promise.reject(new Error('not asked for'));
  const session: CassandraSession = {
    async execute(_cql, _params, { consistency }) {
      asked.push(consistency);
      return [];
    },
    async batch(_statements, { consistency }) {
      asked.push(consistency);
    },
    placementOf: () => undefined,
    executeIf: unused,
    schema: unused,
    close: unused,
  };
  const masterKey = createMasterKey(randomBytes(32));
  const copies = createKeyCopies(session, 'keys', masterKey);
  const changedAt = new Date();
  await copies.write({ customerId: 'ada', wrappedKey: masterKey.newWrappedKey('ada'), changedAt });
  await copies.write({ customerId: 'ada', wrappedKey: undefined, changedAt });
  await copies.find('ada');
  expect(asked).toEqual(['LOCAL_QUORUM', 'LOCAL_QUORUM', 'LOCAL_QUORUM']);
});
