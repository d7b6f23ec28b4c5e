import {
  Freshness,
  GetDailySalesResponse,
  GetOrderResponse,
  ListCustomerOrdersResponse,
  ListProductsResponse,
} from '@meridian/contracts';
import { beforeEach, expect, it, vi } from 'vitest';
import { orders, products, sales } from './questions.ts';

const { said, answered } = vi.hoisted((): { said: string[]; answered: { freshness?: Freshness } } => ({
  said: [],
  answered: {},
}));
vi.mock('../output.ts', async (original) => ({
  ...(await original<object>()),
  say: (text = '') => void said.push(text),
}));
vi.mock('../connect.ts', () => ({
  runningStack: () => ({ regions: ['eu-west', 'us-east'] }),
  clientOf: () => ({
    catalog: { listProducts: async () => ListProductsResponse.fromPartial(answered) },
    orders: {
      listCustomerOrders: async () => ListCustomerOrdersResponse.fromPartial(answered),
      getOrder: async () => GetOrderResponse.fromPartial({ ...answered, order: { summary: {} } }),
    },
    sales: { getDailySales: async () => GetDailySalesResponse.fromPartial(answered) },
    close: () => undefined,
  }),
}));

const questions: readonly (readonly [string, string, (region?: string) => Promise<void>])[] = [
  ['products', 'catalog', (region) => products({ limit: 5, ...(region && { region }) })],
  [
    'orders of a customer',
    'orders',
    (region) => orders('1', { limit: 5, customer: true, ...(region && { region }) }),
  ],
  ['an order', 'orders', (region) => orders('1', { limit: 5, ...(region && { region }) })],
  ['sales', 'sales', (region) => sales({ ...(region && { region }) })],
];

beforeEach(() => void said.splice(0));

it.each(questions)('an answer about %s says where it comes from, and no more', async (_, __, ask) => {
  answered.freshness = Freshness.fromPartial({ position: 7n, region: 'eu-west' });
  await ask();
  expect(said.at(-1)).toBe('as of position 7 in eu-west');
});

it.each(questions)('an answer about %s says what is parked of %s', async (_, projector, ask) => {
  const known = { position: 7n, region: 'eu-west' };
  answered.freshness = Freshness.fromPartial({ ...known, parkedAggregates: 2 });
  await ask();
  expect(said.at(-1)).toBe(
    `as of position 7 in eu-west; 2 aggregates are parked and may be missing or old: meridian parked list ${projector}`,
  );
  answered.freshness = Freshness.fromPartial({ ...known, parkedAggregates: 1 });
  await ask();
  expect(said.at(-1)).toContain('; 1 aggregate is parked and may be missing or old');
});

it.each(questions)(
  'an answer about %s says which region answered in place of another',
  async (_, __, ask) => {
    answered.freshness = Freshness.fromPartial({ position: 7n, region: 'us-east', fallback: true });
    await ask();
    expect(said.at(-1)).toBe('as of position 7 in us-east, which answered in place of eu-west');
    answered.freshness = Freshness.fromPartial({ position: 7n, region: 'eu-west', fallback: true });
    await ask('us-east');
    expect(said.at(-1)).toBe('as of position 7 in eu-west, which answered in place of us-east');
  },
);
