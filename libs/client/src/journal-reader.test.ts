import {
  Context,
  JournalServiceDefinition,
  type JournalServiceImplementation,
  type ReadJournalRequest,
} from '@meridian/contracts';
import { callFailure, startRpcServer, unauthenticated, unavailable, type RpcServer } from '@meridian/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import { createJournalReader, type JournalReader } from './journal-reader.ts';

const eventAt = (position: bigint) => ({
  eventId: `e-${position}`,
  position,
  shard: 0,
  aggregateType: 'order',
  aggregateId: 'o-1',
  version: position,
  type: 'OrderPaid',
  recordedAt: new Date(0),
  payload: Buffer.from('x'),
});

let server: RpcServer | undefined;
let reader: JournalReader | undefined;
afterEach(async () => {
  reader?.close();
  await server?.shutdown(0);
});

async function readerOf(
  readJournal: (request: ReadJournalRequest) => AsyncGenerator<object>,
): Promise<JournalReader> {
  const implementation: JournalServiceImplementation = {
    readJournal,
    getHead: () => Promise.resolve({ position: 9n }),
  };
  server = await startRpcServer({
    address: '127.0.0.1:0',
    register: (registry) => registry.add(JournalServiceDefinition, implementation),
  });
  const addresses = [`127.0.0.1:${server.port}`];
  reader = createJournalReader({ addresses, maxFailures: 3, retryDelayMs: 1 });
  return reader;
}

async function positionsOf(journal: JournalReader): Promise<bigint[]> {
  const positions: bigint[] = [];
  for await (const { events } of journal.read()) positions.push(...events.map(({ position }) => position));
  return positions;
}

describe('a reader of the journal', () => {
  it('goes on behind what it has given when the stream breaks, to the end that it saw first', async () => {
    const requests: ReadJournalRequest[] = [];
    const journal = await readerOf(async function* (request) {
      requests.push(request);
      const { fromPosition = 1n, untilPosition = 6n } = request;
      for (let position = fromPosition; position <= untilPosition; position += 2n) {
        yield { events: [eventAt(position)], readTo: position + 1n, untilPosition };
        if (position === 3n) throw unavailable('SHUTTING_DOWN', 'stopping');
      }
    });
    expect(await positionsOf(journal)).toEqual([1n, 3n, 5n]);
    expect(requests.map(({ fromPosition, untilPosition }) => [fromPosition, untilPosition])).toEqual([
      [1n, undefined],
      [5n, 6n],
    ]);
  });

  it('gives the events of the contexts that it was asked for, also from a service that sends all', async () => {
    const asked: (readonly number[])[] = [];
    const kinds = ['order', 'stock', 'product', 'customer'];
    const journal = await readerOf(async function* ({ contexts }) {
      asked.push(contexts);
      const events = kinds.map((aggregateType, n) => ({ ...eventAt(BigInt(n + 1)), aggregateType }));
      yield { events, readTo: 4n, untilPosition: 4n };
    });
    const found: string[] = [];
    for await (const { events } of journal.read({ contexts: ['inventory', 'orders'] }))
      found.push(...events.map(({ aggregateType }) => aggregateType));
    expect(found).toEqual(['order', 'stock']);
    expect(asked).toEqual([[Context.INVENTORY, Context.ORDERS]]);
  });

  it('goes on where its stream grew old or its token expired, and ends where no token is taken', async () => {
    const asked: bigint[] = [];
    const journal = await readerOf(async function* ({ fromPosition = 1n }) {
      asked.push(fromPosition);
      if (fromPosition === 9n) throw unauthenticated('TOKEN_EXPIRED', 'expired before the stream');
      yield { events: [eventAt(fromPosition)], readTo: fromPosition, untilPosition: 9n };
      if (fromPosition % 2n === 0n) throw unavailable('STREAM_AGE', 'begin another');
      throw unauthenticated('STREAM_TOKEN_EXPIRED', 'expired');
    });
    const failure = await positionsOf(journal).catch((error: unknown) => callFailure(error));
    expect(failure).toMatchObject({ reason: 'TOKEN_EXPIRED' });
    expect(asked).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n]);
  });

  it('goes on for as long as it likes where nothing of what its streams read is asked for', async () => {
    let streams = 0;
    const journal = await readerOf(async function* () {
      streams += 1;
      if (streams < 10) throw unauthenticated('STREAM_TOKEN_EXPIRED', 'expired');
      yield { events: [eventAt(1n)], readTo: 1n, untilPosition: 1n };
    });
    expect(await positionsOf(journal)).toEqual([1n]);
  });

  it('gives up after so many failures in a row', async () => {
    let calls = 0;
    const journal = await readerOf(async function* () {
      calls += 1;
      throw unavailable('STORE_UNAVAILABLE', 'away');
    });
    await expect(positionsOf(journal)).rejects.toThrow('away');
    expect(calls).toBe(3);
  });
});
