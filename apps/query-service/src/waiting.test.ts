import {
  CustomersQueryServiceDefinition,
  GetCustomerResponse,
  partitionKey,
  toToken,
} from '@meridian/contracts';
import type { MissingPosition, Progress } from '@meridian/read-store';
import { callFailure, createChannelClient, startRpcServer } from '@meridian/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import { answer } from './answering.ts';
import type { ReadModel } from './read-model.ts';
import { modelWith, unused, watchWith } from './testing/stand-ins.ts';

const key = partitionKey('customers', 3);
const token = toToken(new Map([[key, 9n]]));
const applied: Progress = { positions: new Map(), highest: 0n, eventTime: undefined };

/** A region that has not applied what a token names before it is told that it has. */
function region() {
  const arrival = Promise.withResolvers<undefined>();
  let waiting = 0;
  const model = modelWith('customers', {
    parked: { asOf: async () => ({ aggregates: 0, readAtMs: 0, of: unused }), mayLack: unused },
    watch: watchWith({
      async waitFor(required, { onWait }) {
        if (required.size === 0) return applied;
        const missing: MissingPosition[] = [{ key, required: 9n, applied: 0n }];
        onWait?.(missing, applied);
        waiting += 1;
        await arrival.promise;
        return applied;
      },
    }),
  });
  return { model, waiting: () => waiting, arrive: () => arrival.resolve(undefined) };
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

/** A server with two places for questions, and two for those that wait. */
async function asking(model: ReadModel) {
  const server = await startRpcServer({
    address: '127.0.0.1:0',
    shutdownPauseMs: 0,
    maxConcurrentPerMethod: 2,
    maxWaitingPerMethod: 2,
    register: (registry) =>
      registry.add(CustomersQueryServiceDefinition, {
        async getCustomer({ read }, context) {
          const { freshness } = await answer(model, read, context, async () => 1, { includes: () => [] });
          return GetCustomerResponse.fromPartial({ freshness });
        },
      }),
  });
  open.push({ close: () => server.shutdown(0) });
  const channel = createChannelClient(CustomersQueryServiceDefinition, [`127.0.0.1:${server.port}`]);
  open.push(channel);
  const ask = (read?: { token: typeof token }) =>
    channel.client.getCustomer({ customerId: 'ada', ...(read ? { read } : {}) }).then(
      ({ freshness }) => freshness?.region,
      (error: unknown) => callFailure(error)?.reason,
    );
  return ask;
}

describe('questions that wait for what their tokens name', () => {
  it('have a bound of their own, and never take the places of those that need not wait', async () => {
    const { model, waiting, arrive } = region();
    const ask = await asking(model);
    const held = [ask({ token }), ask({ token })];
    await expect.poll(waiting).toBe(2);
    expect(await ask()).toBe('eu-west');
    expect(await ask({ token })).toBe('TOO_MANY_WAITING');
    arrive();
    expect(await Promise.all(held)).toEqual(['eu-west', 'eu-west']);
    expect(await ask({ token })).toBe('eu-west');
  });
});
