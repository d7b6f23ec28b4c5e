import {
  Context,
  JournalServiceDefinition,
  type JournalServiceImplementation,
  type ReadJournalRequest,
} from '@meridian/contracts';
import { startRpcServer, unavailable, type RpcServer } from '@meridian/rpc';
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
