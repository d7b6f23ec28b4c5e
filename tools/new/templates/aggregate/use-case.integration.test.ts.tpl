import { randomUUID } from 'node:crypto';
import { callFailure } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSystem, type TestReplica, type TestSystem } from '../../testing/test-system.ts';

describe('Create{{Aggregate}}, asked over gRPC', () => {
  let system: TestSystem;
  let replica: TestReplica;
  const create = () => replica.{{context}}.create{{Aggregate}}({ requestId: randomUUID(), {{id}}: 'a' });

  beforeAll(async () => {
    system = await openTestSystem();
    replica = await system.start();
  });
  afterAll(() => system?.close());

  it('makes a {{aggregate}} once, in its table', async () => {
    expect(await create()).toMatchObject({ receipt: { aggregateId: 'a', version: 1n } });
    expect(await create().catch(callFailure)).toMatchObject({ reason: '{{AGGREGATE}}_EXISTS' });
    const { rows } = await system.pool.query('SELECT {{idField}} FROM {{aggregate}}');
    expect(rows).toMatchObject([{ {{idField}}: 'a' }]);
  });
});
