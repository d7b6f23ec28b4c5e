import { describe, expect, it } from 'vitest';
import { findingsOf, type Trace, type TracedRegion } from './findings.ts';

const event = { position: 40n, version: 3n, type: 'OrderShipped', recordedAt: new Date(0), offset: '17' };
const shard = { shard: 3, position: 45n, owner: 'replica-1', depth: 0 };
const there: TracedRegion = {
  region: 'eu-west',
  generation: 1,
  applied: 45n,
  version: 3n,
  parked: undefined,
  deferred: undefined,
};
const found: Trace = {
  aggregate: 'order/o-1',
  topic: 'meridian.orders.events',
  events: [event],
  shard,
  kafkaError: undefined,
  regions: [there],
};

describe('what a trace says', () => {
  it('is where it is when all is well', () => {
    expect(findingsOf(found)).toEqual([
      'kafka: version 3 is in partition 3 at offset 17',
      'eu-west: version 3: all of it is shown',
    ]);
  });

  it.each([
    ['nothing was ever recorded', { events: [] }, 'no command about it was ever accepted'],
    [
      'no replica publishes',
      { shard: { ...shard, position: 39n, owner: '' } },
      'no replica of command-service owns this shard',
    ],
    [
      'the relay is behind',
      { shard: { ...shard, position: 39n, depth: 12 } },
      'replica-1 publishes this shard and has 12 events of it left',
    ],
    [
      'the relay is far behind',
      { shard: { ...shard, position: 39n, depth: 100_000 } },
      'has 100000 events of it left or more',
    ],
    ['Kafka is away', { kafkaError: 'refused' }, 'Kafka cannot be read: refused'],
    ['Kafka has dropped it', { events: [{ ...event, offset: undefined }] }, 'does not hold it any more'],
    [
      'the projector is behind',
      { regions: [{ ...there, version: 2n, applied: 39n }] },
      'eu-west: version 2; the projector has applied position 39 of the partition, version 3 is at 40',
    ],
    [
      'it is parked',
      { regions: [{ ...there, version: 2n, parked: { reason: 'no such line', firstPosition: 40n } }] },
      'parked from position 40 on: no such line',
    ],
    [
      'the projector does not know its type',
      { regions: [{ ...there, version: 2n, deferred: { type: 'OrderPacked', position: 40n } }] },
      'eu-west: version 2, without the event at position 40: the projector does not know events of type OrderPacked; run a newer version',
    ],
    [
      'the projector does not know an earlier one',
      { regions: [{ ...there, deferred: { type: 'OrderPacked', position: 30n } }] },
      'eu-west: version 3, without the event at position 30',
    ],
    ['the row is wrong', { regions: [{ ...there, version: undefined }] }, 'the row is wrong'],
    [
      'a region is away',
      { regions: [{ region: 'us-east', error: 'no host' }] },
      'us-east: its store does not answer: no host',
    ],
  ] satisfies readonly (readonly [string, Partial<Trace>, string])[])(
    'is why not further: %s',
    (_why, change, says) => {
      expect(findingsOf({ ...found, ...change }).join('\n')).toContain(says);
    },
  );
});
