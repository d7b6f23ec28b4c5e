import cluster from 'kafkajs/src/cluster/index.js';
import createRetry from 'kafkajs/src/retry/index.js';
import { expect, it } from 'vitest';
import { patchCoordinatorSearch } from './coordinator-patch.ts';

/** What kafkajs' cluster is while its only broker does not answer, for so many searches. */
function silentFor(searches: number) {
  const seen = { searches: 0 };
  const broker = { nodeId: 1 };
  return {
    seen,
    broker,
    retrier: createRetry({ retries: 0 }),
    findGroupCoordinatorMetadata: cluster.prototype.findGroupCoordinatorMetadata,
    findBroker: async () => broker,
    refreshMetadata: async () => undefined,
    // As kafkajs' pool of brokers: it has nothing to say of why none answered.
    brokerPool: { withBroker: async () => (++seen.searches > searches ? { coordinator: broker } : null) },
  };
}

it('a consumer looks again for its coordinator after its only broker was silent', async () => {
  patchCoordinatorSearch();
  const restarting = silentFor(2);
  // As the consumer's own loop, which gives up at once at an error that cannot be retried.
  const consumer = createRetry({ retries: 5, initialRetryTime: 1 });
  const found = consumer(() =>
    cluster.prototype.findGroupCoordinator.call(restarting, { groupId: 'orders' }),
  );
  expect(await found).toBe(restarting.broker);
  expect(restarting.seen.searches).toBe(3);
});
