import {
  GetDailySalesResponse,
  GetOrderResponse,
  ListOrderHistoryResponse,
  type GetDailySalesRequest,
  type ListOrderHistoryRequest,
} from '@meridian/contracts';
import { beforeEach, expect, it, vi } from 'vitest';
import { orders, sales } from './questions.ts';

const said = vi.hoisted((): string[] => []);
vi.mock('../output.ts', async (original) => ({
  ...(await original<object>()),
  say: (text = '') => void said.push(text),
}));

const STEPS = Array.from({ length: 450 }, (_, n) => ({ version: BigInt(n + 1), note: `note ${n + 1}.` }));
const ROWS = Array.from({ length: 12 }, (_, n) => ({ day: '2026-01-01', country: `country ${n + 1}.` }));

/** A page of `size` entries from the token on. */
function pageOf<T>(all: readonly T[], pageToken = '', size: number) {
  const [from, to] = [Number(pageToken), Number(pageToken) + size];
  return { page: all.slice(from, to), nextPageToken: to < all.length ? String(to) : '' };
}

vi.mock('../connect.ts', () => ({
  runningStack: () => ({ regions: ['eu-west', 'us-east'] }),
  clientOf: () => ({
    orders: {
      async getOrder() {
        const order = { summary: { orderId: 'o' }, history: STEPS.slice(-100), historyTotal: 450n };
        return GetOrderResponse.fromPartial({ order });
      },
      async listOrderHistory({ pageToken, pageSize = 0 }: Partial<ListOrderHistoryRequest>) {
        const { page, nextPageToken } = pageOf(STEPS, pageToken, pageSize);
        return ListOrderHistoryResponse.fromPartial({ history: page, nextPageToken });
      },
    },
    sales: {
      async getDailySales({ pageToken }: Partial<GetDailySalesRequest>) {
        const { page, nextPageToken } = pageOf(ROWS, pageToken, 5);
        return GetDailySalesResponse.fromPartial({ rows: page, nextPageToken });
      },
    },
    close: () => undefined,
  }),
}));

beforeEach(() => void said.splice(0));

it.each([{ json: false }, { json: true }])(
  'shows every step of an order (as JSON: $json)',
  async ({ json }) => {
    await orders('o', { limit: 5, json });
    const text = said.join('\n');
    expect(STEPS.filter(({ note }) => !text.includes(note))).toEqual([]);
  },
);

it.each([{ json: false }, { json: true }])(
  'shows all sales of the days (as JSON: $json)',
  async ({ json }) => {
    await sales({ from: '2026-01-01', json });
    const text = said.join('\n');
    expect(ROWS.filter(({ country }) => !text.includes(country))).toEqual([]);
  },
);
