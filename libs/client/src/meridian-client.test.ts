import { Context, ErasureState } from '@meridian/contracts';
import { isUuid } from '@meridian/kernel';
import { refusalError, regionBehind, unavailable, type RpcServer } from '@meridian/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import {
  failureOf,
  fieldViolationsOf,
  isRefusal,
  isRegionBehind,
  refusalOf,
  regionBehindOf,
} from './errors.ts';
import { createMeridianClient, type MeridianClient, type MeridianClientOptions } from './meridian-client.ts';
import { requestIdOf } from './session.ts';
import { standIn, type Script, type Seen } from './testing/test-services.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

async function serving(answer: Script['answer']): Promise<RpcServer> {
  const server = await standIn({ answer });
  open.push({ close: () => server.shutdown(0) });
  return server;
}

function connected(server: RpcServer, options: Partial<MeridianClientOptions> = {}): MeridianClient {
  const addresses = [`127.0.0.1:${server.port}`];
  const client = createMeridianClient({
    commandAddresses: addresses,
    queryAddresses: addresses,
    retryBaseDelayMs: 5,
    ...options,
  });
  open.push(client);
  return client;
}

const token = (partition: number, position: bigint) => ({
  entries: [{ context: Context.ORDERS, partition, position }],
});
const pay = {
  orderId: '536365',
  amount: { currencyCode: 'GBP', amountMinor: 100n },
  paymentReference: 'card-1',
};

async function failed(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error,
  );
}

describe('a question about an erasure', () => {
  it('goes to command-service as it is: with no request id and no token', async () => {
    const asked: [string, Seen][] = [];
    const elsewhere = await serving(() => expect.unreachable('command-service is asked'));
    const server = await serving((method, request) => {
      asked.push([method, request]);
      return { erasure: { customerId: 'ada', state: ErasureState.DONE } };
    });
    const queryAddresses = [`127.0.0.1:${elsewhere.port}`];
    const client = connected(server, { queryAddresses, token: token(3, 7n) });
    const { erasure } = await client.erasures.getErasure({ customerId: 'ada' });
    expect(erasure).toMatchObject({ customerId: 'ada', state: ErasureState.DONE });
    expect(asked).toEqual([['GetErasure', { customerId: 'ada' }]]);
  });
});

describe('a command', () => {
  it('gets a request id, made once a call: a retry carries the same, the next call another', async () => {
    const ids: string[] = [];
    const server = await serving((_method, { requestId = '' }) => {
      ids.push(requestId);
      if (ids.length === 1) throw unavailable('STORE_DOWN', 'later');
      return {};
    });
    const client = connected(server);
    await client.orders.payOrder(pay);
    await client.orders.payOrder(pay);
    expect(ids).toHaveLength(3);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(ids.every(isUuid)).toBe(true);
  });

  it('tells its request id when it fails, so that the caller can repeat it as the same command', async () => {
    const ids: string[] = [];
    const server = await serving(async (_method, { requestId = '' }) => {
      ids.push(requestId);
      if (ids.length === 1) await new Promise(() => undefined);
      return {};
    });
    const client = connected(server);
    const error = await failed(client.orders.payOrder(pay, { deadline: 200 }));
    expect(failureOf(error)?.status).toBe('DEADLINE_EXCEEDED');
    const requestId = requestIdOf(error);
    expect(requestId).toBe(ids[0]);
    await client.orders.payOrder({ ...pay, requestId });
    expect(ids).toEqual([requestId, requestId]);
  });

  it('tells its request id when its caller gives up, and none of a question or of another error', async () => {
    const giveUp = new AbortController();
    const server = await serving(async (_method, { requestId }) => {
      giveUp.abort();
      if (requestId) await new Promise(() => undefined);
      throw unavailable('STORE_DOWN', 'later');
    });
    const client = connected(server, { maxAttempts: 1 });
    expect(
      isUuid(requestIdOf(await failed(client.orders.payOrder(pay, { signal: giveUp.signal }))) ?? ''),
    ).toBe(true);
    const unanswered = await failed(client.orders.getOrder({ orderId: '1' }));
    expect([requestIdOf(unanswered), requestIdOf(new Error('x')), requestIdOf('x')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("keeps the caller's request id", async () => {
    const ids: (string | undefined)[] = [];
    const client = connected(await serving((_method, { requestId }) => (ids.push(requestId), {})));
    const requestId = '0190b3c0-7d5e-7000-8000-000000000001';
    await client.orders.payOrder({ ...pay, requestId });
    expect(ids).toEqual([requestId]);
  });

  it('tells a refusal: its reason, its words and every condition that was not met', async () => {
    const violations = [{ type: 'INSUFFICIENT_STOCK', subject: 'product/85123A', description: '3 short' }];
    const server = await serving(() => {
      throw refusalError({
        kind: 'failed-precondition',
        code: 'INSUFFICIENT_STOCK',
        message: 'short',
        violations,
      });
    });
    const error = await failed(connected(server).orders.payOrder(pay));
    expect(isRefusal(error)).toBe(true);
    expect(refusalOf(error)).toEqual({
      reason: 'INSUFFICIENT_STOCK',
      message: 'short (product/85123A: 3 short)',
      status: 'FAILED_PRECONDITION',
      violations,
    });
  });

  it('tells which fields broke their rules', async () => {
    const error = await failed(
      connected(await serving(() => ({}))).orders.placeOrder({
        customerId: 'c',
        lines: [{ productId: 'p' }],
      }),
    );
    expect(isRefusal(error)).toBe(false);
    expect(fieldViolationsOf(error)).toEqual([
      { field: 'lines[0].quantity', description: 'must be a whole number from 1 to 1000000' },
    ]);
  });
});

describe('a session', () => {
  const answering = async (asked: (Seen['read'] | 'none')[]) =>
    serving((method, { read }) => {
      if (method === 'PayOrder') return { receipt: { aggregateId: 'o', version: 2n, token: token(3, 120n) } };
      asked.push(read ?? 'none');
      return { order: {}, freshness: { region: 'eu-west', token: token(5, 200n) } };
    });

  it('carries what was written and read to every question', async () => {
    const asked: (Seen['read'] | 'none')[] = [];
    const client = connected(await answering(asked));
    await client.orders.payOrder(pay);
    await client.orders.getOrder({ orderId: '536365' });
    await client.catalog.getProduct({ productId: '85123A' });
    expect(asked).toEqual([
      { token: token(3, 120n) },
      { token: { entries: [...token(3, 120n).entries, ...token(5, 200n).entries] } },
    ]);
    expect(client.token()).toEqual({ entries: [...token(3, 120n).entries, ...token(5, 200n).entries] });
  });

  it('leaves out a question that asks for it', async () => {
    const asked: (Seen['read'] | 'none')[] = [];
    const client = connected(await answering(asked));
    await client.orders.payOrder(pay);
    await client.orders.getOrder({ orderId: '536365' }, { withToken: false });
    expect(asked).toEqual(['none']);
  });

  it('adds a token that the request names, and one that another session gave', async () => {
    const asked: (Seen['read'] | 'none')[] = [];
    const client = connected(await answering(asked), { token: token(1, 7n) });
    client.see(token(2, 8n));
    await client.orders.getOrder({ orderId: '536365', read: { token: token(3, 9n) } });
    expect(asked).toEqual([
      {
        token: {
          entries: [1, 2, 3].map((partition) => ({
            context: Context.ORDERS,
            partition,
            position: BigInt(partition + 6),
          })),
        },
      },
    ]);
  });

  it('never goes back, whatever an answer says', async () => {
    const client = connected(await serving(() => ({ freshness: { token: token(3, 5n) } })), {
      token: token(3, 9n),
    });
    await client.orders.getOrder({ orderId: '536365' });
    expect(client.token()).toEqual(token(3, 9n));
  });

  it('tells how far a region is behind, after one attempt', async () => {
    let attempts = 0;
    const missing = [{ partitionKey: 'orders/3', required: 120n, applied: 100n }];
    const server = await serving(() => {
      attempts += 1;
      throw regionBehind({ region: 'us-east', missing });
    });
    const error = await failed(connected(server).orders.getOrder({ orderId: '536365' }));
    expect([isRegionBehind(error), regionBehindOf(error), attempts]).toEqual([
      true,
      { region: 'us-east', missing },
      1,
    ]);
  });
});

describe('regions', () => {
  it('are asked as told: the one named, else the first', async () => {
    const named = (region: string) => serving(() => ({ freshness: { region } }));
    const [europe, america] = [await named('eu-west'), await named('us-east')];
    const queryAddresses = {
      'eu-west': [`127.0.0.1:${europe.port}`],
      'us-east': [`127.0.0.1:${america.port}`],
    };
    const regionOf = async (region?: string) => {
      const client = connected(europe, { queryAddresses, region });
      return (await client.sales.getDailySales({ fromDay: '2010-12-01' })).freshness?.region;
    };
    expect([await regionOf(), await regionOf('us-east')]).toEqual(['eu-west', 'us-east']);
    expect(() => connected(europe, { queryAddresses, region: 'mars' })).toThrow('known are eu-west, us-east');
  });
});
