import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { openTestRows, type TestRows } from '@meridian/read-model-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProduct, listProducts } from './index.ts';
import { catalogProjection } from './projection.ts';
import { created, discontinued, repriced } from './testing/events.ts';

const ids = Array.from({ length: 60 }, (_, n) => `${n % 2 ? 'P' : 'p'}-${n}`);

describe('questions to the catalog', () => {
  let rows: TestRows;
  beforeAll(async () => {
    rows = await openTestRows(catalogProjection);
    await rows.apply(...ids.map((id, n) => created(id, BigInt(n + 1))));
  });
  afterAll(() => rows.close());

  it('finds a product with what its events made of it, and says which event it includes', async () => {
    await rows.apply(repriced('p-0', 2n, 100n, 999n), discontinued('p-0', 3n, 101n));
    expect(await findProduct(rows.reader, 'p-0')).toEqual({
      productId: 'p-0',
      name: 'name of p-0',
      price: { currencyCode: 'GBP', amountMinor: 999n },
      discontinued: true,
      version: 3n,
      includes: new Map([[partitionKey('catalog', shardOf('p-0')), 101n]]),
    });
  });

  it('knows nothing of a product that was never created', async () => {
    expect(await findProduct(rows.reader, 'nowhere')).toBeUndefined();
  });

  it('is not set back by events that come again, in any order', async () => {
    await rows.apply(repriced('p-2', 2n, 201n, 700n));
    await rows.apply(created('p-2', 3n));
    const product = await findProduct(rows.reader, 'p-2');
    expect(product).toMatchObject({ version: 2n, price: { amountMinor: 700n } });
  });

  it('lists all products in byte order of their ids, whatever the page size, while others arrive', async () => {
    const listed: string[] = [];
    for (let after = ''; ;) {
      const page = await listProducts(rows.reader, after, 7);
      listed.push(...page.map((product) => product.productId));
      if (listed.length === 14) await rows.apply(created('0-arrived-behind', 300n));
      const last = page.at(-1);
      if (!last) break;
      after = last.productId;
    }
    expect(listed).toEqual([...ids].sort());
  });

  it('passes over products whose creation is not known yet, and loses none beside them', async () => {
    const early = Array.from({ length: 30 }, (_, n) => `-early-${n}`);
    const position = (n: number) => 400n + BigInt(n);
    await rows.apply(...early.map((id, n) => repriced(id, 2n, position(n), 5n)));
    await rows.apply(discontinued('-gone', 2n, 450n));
    expect(await findProduct(rows.reader, early[0]!)).toBeUndefined();
    expect(await findProduct(rows.reader, '-gone')).toBeUndefined();
    const listed = (await listProducts(rows.reader, '', 3)).map((product) => product.productId);
    expect(listed).toEqual(['0-arrived-behind', ...[...ids].sort().slice(0, 2)]);
    await rows.apply(created('-early-0', 350n));
    expect(await findProduct(rows.reader, '-early-0')).toMatchObject({
      version: 2n,
      price: { amountMinor: 5n },
    });
  });
});
