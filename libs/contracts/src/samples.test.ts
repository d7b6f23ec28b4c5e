import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTEXTS } from './contexts.ts';
import { contextOf, decodeEvent, encodeEvent, EVENT_TYPES, isEventType, type EventType } from './events.ts';
import * as catalog from './generated/meridian/catalog/v1/events.ts';
import * as customers from './generated/meridian/customers/v1/events.ts';
import * as inventory from './generated/meridian/inventory/v1/events.ts';
import * as orders from './generated/meridian/orders/v1/events.ts';

// What is stored for ever must stay readable for ever. A sample is written once, when its event (or a new version of it)
// is added, and never again: proto/samples/<context>/<Event>.v<n>.json in the form that toJSON gives, and beside it
// `buf convert proto --type meridian.<context>.v1.<Event> --from <Event>.v<n>.json --to <Event>.v<n>.binpb`.
const folder = join(import.meta.dirname, '../../../proto/samples');

interface Sample {
  readonly context: string;
  readonly type: string;
  readonly name: string;
}

const samples: readonly Sample[] = readdirSync(folder).flatMap((context) =>
  readdirSync(join(folder, context))
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ context, type: file.split('.')[0] ?? '', name: file.slice(0, -'.json'.length) })),
);

const codecs: Readonly<
  Record<EventType, { fromJSON(json: unknown): unknown; decode(bytes: Uint8Array): unknown }>
> = {
  ...catalog,
  ...inventory,
  ...customers,
  ...orders,
};

const jsonOf = (sample: Sample): unknown =>
  JSON.parse(readFileSync(join(folder, sample.context, `${sample.name}.json`), 'utf8'));
const binaryOf = (sample: Sample): Uint8Array =>
  readFileSync(join(folder, sample.context, `${sample.name}.binpb`));

const toJson: Readonly<Record<EventType, (bytes: Uint8Array) => unknown>> = {
  ProductCreated: (bytes) => catalog.ProductCreated.toJSON(catalog.ProductCreated.decode(bytes)),
  PriceChanged: (bytes) => catalog.PriceChanged.toJSON(catalog.PriceChanged.decode(bytes)),
  ProductDiscontinued: (bytes) =>
    catalog.ProductDiscontinued.toJSON(catalog.ProductDiscontinued.decode(bytes)),
  StockReceived: (bytes) => inventory.StockReceived.toJSON(inventory.StockReceived.decode(bytes)),
  StockAdjusted: (bytes) => inventory.StockAdjusted.toJSON(inventory.StockAdjusted.decode(bytes)),
  StockReserved: (bytes) => inventory.StockReserved.toJSON(inventory.StockReserved.decode(bytes)),
  StockReleased: (bytes) => inventory.StockReleased.toJSON(inventory.StockReleased.decode(bytes)),
  StockShipped: (bytes) => inventory.StockShipped.toJSON(inventory.StockShipped.decode(bytes)),
  StockReturned: (bytes) => inventory.StockReturned.toJSON(inventory.StockReturned.decode(bytes)),
  CustomerRegistered: (bytes) =>
    customers.CustomerRegistered.toJSON(customers.CustomerRegistered.decode(bytes)),
  CustomerUpdated: (bytes) => customers.CustomerUpdated.toJSON(customers.CustomerUpdated.decode(bytes)),
  CustomerErased: (bytes) => customers.CustomerErased.toJSON(customers.CustomerErased.decode(bytes)),
  OrderPlaced: (bytes) => orders.OrderPlaced.toJSON(orders.OrderPlaced.decode(bytes)),
  OrderPaid: (bytes) => orders.OrderPaid.toJSON(orders.OrderPaid.decode(bytes)),
  OrderShipped: (bytes) => orders.OrderShipped.toJSON(orders.OrderShipped.decode(bytes)),
  OrderDelivered: (bytes) => orders.OrderDelivered.toJSON(orders.OrderDelivered.decode(bytes)),
  OrderCancelled: (bytes) => orders.OrderCancelled.toJSON(orders.OrderCancelled.decode(bytes)),
  ItemsReturned: (bytes) => orders.ItemsReturned.toJSON(orders.ItemsReturned.decode(bytes)),
};

describe('stored samples of events', () => {
  it('exist for every type of event, under its own context', () => {
    const wanted = EVENT_TYPES.map((type) => `${contextOf(type)}/${type}.v1`);
    const present = new Set(samples.map(({ context, name }) => `${context}/${name}`));
    expect(wanted.filter((name) => !present.has(name))).toEqual([]);
  });

  it('are of types that the code still knows', () => {
    expect(
      samples.filter(
        ({ type, context }) => !isEventType(type) || !CONTEXTS.some((known) => known === context),
      ),
    ).toEqual([]);
  });

  it.each(samples)('read the same as on the day they were stored: $context/$name', (sample) => {
    if (!isEventType(sample.type)) throw new Error(`${sample.type} is not known`);
    expect(toJson[sample.type](binaryOf(sample))).toEqual(jsonOf(sample));
  });

  it.each(samples)('are written the same from their JSON: $context/$name', (sample) => {
    if (!isEventType(sample.type)) throw new Error(`${sample.type} is not known`);
    const stored = binaryOf(sample);
    expect(decodeEvent(sample.type, stored).data).toEqual(codecs[sample.type].fromJSON(jsonOf(sample)));
    expect(Buffer.from(encodeEvent(decodeEvent(sample.type, stored))).equals(stored)).toBe(true);
  });
});
