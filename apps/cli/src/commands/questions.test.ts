import type { CallFailure } from '@meridian/client';
import { describe, expect, it, vi } from 'vitest';
import { explain } from '../explain.ts';
import { orders, products, sales } from './questions.ts';

/** A call that was refused for its fields. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly failure: CallFailure;

  constructor(...fields: readonly (readonly [string, string])[]) {
    super('the request breaks rules');
    this.failure = {
      code: 3,
      status: 'INVALID_ARGUMENT',
      reason: 'INVALID_REQUEST',
      message: this.message,
      metadata: {},
      violations: [],
      fieldViolations: fields.map(([field, description]) => ({ field, description })),
    };
  }
}

const refuseWith = vi.hoisted((): { error?: Error } => ({}));

vi.mock('@meridian/client', async (original) => ({
  ...(await original<object>()),
  failureOf: (error: unknown) => (error instanceof Refused ? error.failure : undefined),
}));
vi.mock('../connect.ts', () => {
  const refuse = () => Promise.reject(refuseWith.error ?? new Error('nothing to refuse with'));
  return {
    runningStack: () => ({ regions: ['eu-west', 'us-east'] }),
    clientOf: () => ({
      catalog: { listProducts: refuse },
      orders: { getOrder: refuse, listCustomerOrders: refuse },
      sales: { getDailySales: refuse },
      close: () => undefined,
    }),
  };
});

async function saidOf(asking: () => Promise<void>, error: Error): Promise<string> {
  refuseWith.error = error;
  return asking().then(
    () => 'nothing',
    (thrown: unknown) => explain(thrown),
  );
}

describe('a question that is refused for a field', () => {
  it('names the flag that was typed, in what is said about it too', async () => {
    const said = await saidOf(
      () => sales({ from: '2010-12-02', to: '2010-12-01' }),
      new Refused(['to_day', 'must not be before from_day']),
    );
    expect(said).toBe('--to must not be before --from (INVALID_ARGUMENT, INVALID_REQUEST)');
  });

  it.each([
    ['--limit', 'page_size', () => products({ limit: 5_000 })],
    ['--after', 'page_token', () => orders('17850', { limit: 5, after: 'x', customer: true })],
    ['the id', 'customer_id', () => orders('a b', { limit: 5, customer: true })],
    ['the id', 'order_id', () => orders('a b', { limit: 5 })],
  ])('names %s for %s', async (flag, field, asking) => {
    expect(await saidOf(asking, new Refused([field, 'is wrong']))).toMatch(`${flag} is wrong`);
  });

  it('gives any other error as it is', async () => {
    expect(await saidOf(() => sales({}), new Error('no such region'))).toBe('no such region');
  });
});
