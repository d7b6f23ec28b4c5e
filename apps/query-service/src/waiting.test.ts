import {
  CustomersQueryServiceDefinition,
  GetCustomerResponse,
  partitionKey,
  toToken,
} from '@meridian/contracts';
import type { MissingPosition, Progress } from '@meridian/read-store';
import { callFailure, createChannelClient, startRpcServer } from '@meridian/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import { answerBoth, type Part } from './answer-both.ts';
import { answer } from './answering.ts';
import type { ReadModel } from './read-model.ts';
import { modelWith, unused, watchWith } from './testing/stand-ins.ts';

const key = partitionKey('customers', 3);
const token = toToken(new Map([[key, 9n]]));
const applied: Progress = { positions: new Map(), highest: 0n, eventTime: undefined };

/** A read model of a region that has not applied what a token names before it is told that it has. */
function region(context: 'customers' | 'orders' = 'customers') {
  const arrival = Promise.withResolvers<undefined>();
  let waiting = 0;
  const model = modelWith(context, {
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

/** A server with two places for questions about these read models, and two for those that wait. */
async function asking(model: ReadModel, beside?: ReadModel) {
  const server = await startRpcServer({
    address: '127.0.0.1:0',
    shutdownPauseMs: 0,
    maxConcurrentPerMethod: 2,
    maxWaitingPerMethod: 2,
    register: (registry) =>
      registry.add(CustomersQueryServiceDefinition, {
        async getCustomer({ read }, context) {
          const ask =
            (asked: ReadModel): Part<number> =>
            (part) =>
              answer(asked, read, part, async () => 1, { includes: () => [] });
          const { freshness } = await (beside
            ? answerBoth(context, ask(model), ask(beside))
            : ask(model)(context));
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

  it('take one place to wait for two read models, until both are there', async () => {
    const [customers, orders] = [region(), region('orders')];
    const ask = await asking(customers.model, orders.model);
    const held = [ask({ token }), ask({ token })];
    await expect.poll(() => [customers.waiting(), orders.waiting()]).toEqual([2, 2]);
    customers.arrive();
    // Answered after the customers' part of those that wait: these still take no place of those that need not wait.
    for (let n = 0; n < 3; n++) expect(await ask()).toBe('eu-west');
    expect(await ask({ token })).toBe('TOO_MANY_WAITING');
    orders.arrive();
    expect(await Promise.all(held)).toEqual(['eu-west', 'eu-west']);
    expect(await ask({ token })).toBe('eu-west');
  });
});
