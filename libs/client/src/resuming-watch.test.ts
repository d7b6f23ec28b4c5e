import { Context, OrdersQueryServiceDefinition } from '@meridian/contracts';
import { connectChannels, notFound, unauthenticated, unavailable, type RpcServer } from '@meridian/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import { failureOf } from './errors.ts';
import { createMeridianClient, type MeridianClient } from './meridian-client.ts';
import { resuming } from './resuming-watch.ts';
import { standIn, type Script, type Seen } from './testing/test-services.ts';

let server: RpcServer | undefined;
let client: MeridianClient | undefined;
afterEach(async () => {
  client?.close();
  await server?.shutdown(0);
});

async function connected(watch: NonNullable<Script['watch']>, maxWatchFailures = 4): Promise<MeridianClient> {
  server = await standIn({ answer: () => ({}), watch });
  const addresses = [`127.0.0.1:${server.port}`];
  client = createMeridianClient({
    commandAddresses: addresses,
    queryAddresses: addresses,
    maxWatchFailures,
    retryBaseDelayMs: 1,
  });
  return client;
}

const state = (version: bigint) => ({
  order: { summary: { orderId: 'o-1', version } },
  freshness: { token: { entries: [{ context: Context.ORDERS, partition: 3, position: version * 10n }] } },
});

async function versionsOf(watching: MeridianClient, until: bigint): Promise<bigint[]> {
  const versions: bigint[] = [];
  for await (const { order } of watching.orders.watchOrder({ orderId: 'o-1' })) {
    const version = order?.summary?.version ?? 0n;
    versions.push(version);
    if (version >= until) break;
  }
  return versions;
}

describe('a watch', () => {
  it('goes on behind the last version, by its token, when the server stops or just ends', async () => {
    const asked: Seen[] = [];
    const watching = await connected(async function* (request) {
      asked.push(request);
      const next = (request.afterVersion ?? 0n) + 1n;
      yield state(next);
      if (next === 1n) throw unavailable('SHUTTING_DOWN', 'stopping');
      if (next === 3n) yield state(4n);
    });
    expect(await versionsOf(watching, 4n)).toEqual([1n, 2n, 3n, 4n]);
    expect(asked.map(({ afterVersion }) => afterVersion)).toEqual([undefined, 1n, 2n]);
    const positions = asked.map(({ read }) => read?.token?.entries.map(({ position }) => position));
    expect(positions).toEqual([[], [10n], [20n]]);
    // The states that the watch has seen are part of the session.
    expect(watching.token().entries).toMatchObject([{ position: 40n }]);
  });

  it('goes on for as long as it likes when its tokens expire, and gives up where no token is taken', async () => {
    let streams = 0;
    const watching = await connected(async function* () {
      streams += 1;
      if (streams === 10) yield state(1n);
      if (streams < 10) throw unauthenticated('STREAM_TOKEN_EXPIRED', 'expired');
      throw unauthenticated('TOKEN_EXPIRED', 'expired before the stream');
    });
    const error = await versionsOf(watching, 2n).catch((reason: unknown) => reason);
    expect(failureOf(error)).toMatchObject({ reason: 'TOKEN_EXPIRED' });
    expect(streams).toBe(10);
  });

  it('gives up what cannot be mended at once, and the rest after so many failures in a row', async () => {
    let calls = 0;
    const failing = (error: () => Error) =>
      async function* (): AsyncGenerator<object> {
        calls += 1;
        throw error();
      };
    const missing = await connected(failing(() => notFound('ORDER_NOT_FOUND', 'no such order')));
    await expect(versionsOf(missing, 1n)).rejects.toThrow('no such order');
    expect(calls).toBe(1);
    missing.close();
    await server?.shutdown(0);
    const away = await connected(failing(() => unavailable('REGION_STORE_UNAVAILABLE', 'away')));
    await expect(versionsOf(away, 1n)).rejects.toThrow('away');
    expect(calls).toBe(5);
  });

  it('lasts for an order that does not change, however often its idle stream is ended after a while', async () => {
    let streams = 0;
    let nowMs = 0;
    server = await standIn({
      answer: () => ({}),
      async *watch() {
        streams += 1;
        // As proxies do to a stream that says nothing; from the 12th stream on, no stream lasts.
        if (streams < 12) nowMs += 60_000;
        throw unavailable('IDLE', 'nothing was said for a minute');
      },
    });
    const channels = connectChannels([`127.0.0.1:${server.port}`]);
    const { watchOrder } = channels.client(OrdersQueryServiceDefinition);
    const options = { maxWatchFailures: 4, retryBaseDelayMs: 1, now: () => nowMs };
    const pushes = resuming((request, call) => watchOrder(request, call), options)({ orderId: 'o-1' });
    await expect(pushes[Symbol.asyncIterator]().next()).rejects.toThrow('nothing was said');
    channels.close();
    expect(streams).toBe(14);
  });

  it('lasts for an order that does not change, however often its stream grows old', async () => {
    let asked = 0;
    const watching = await connected(async function* () {
      asked += 1;
      if (asked === 1) yield state(1n);
      if (asked < 12) throw unavailable('STREAM_AGE', 'begin another');
      yield state(2n);
    });
    expect(await versionsOf(watching, 2n)).toEqual([1n, 2n]);
  });

  it('ends at its deadline, however often it has gone on before that', async () => {
    let streams = 0;
    const watching = await connected(async function* () {
      streams += 1;
      yield state(BigInt(streams));
      throw unavailable('STREAM_AGE', 'begin another');
    });
    const startedAtMs = Date.now();
    const error = await (async () => {
      for await (const answer of watching.orders.watchOrder({ orderId: 'o-1' }, { deadline: 500 }))
        expect(answer.order).toBeDefined();
    })().catch((reason: unknown) => failureOf(reason));
    expect(error).toMatchObject({ status: 'DEADLINE_EXCEEDED' });
    expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(500);
  });

  it('does not ask again for an answer that no message can hold', async () => {
    let calls = 0;
    const reason = 'x'.repeat(5 * 1024 * 1024);
    const watching = await connected(async function* () {
      calls += 1;
      yield state(1n);
      yield { ...state(2n), order: { history: [{ note: reason }] } };
    });
    const failure = await versionsOf(watching, 2n).catch((error: unknown) => failureOf(error));
    expect(failure).toMatchObject({ status: 'INTERNAL', reason: 'ANSWER_TOO_LARGE' });
    expect(calls).toBe(1);
  });

  it('ends with its reader’s signal', async () => {
    const ending = new AbortController();
    const watching = await connected(async function* () {
      yield state(1n);
      await new Promise(() => undefined);
    });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const answer of watching.orders.watchOrder({ orderId: 'o-1' }, { signal: ending.signal })) {
        seen.push(answer);
        ending.abort();
      }
    })();
    await expect(reading).rejects.toThrow(/abort/i);
    expect(seen).toHaveLength(1);
  });
});
