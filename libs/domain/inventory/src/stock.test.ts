import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adjustStock,
  available,
  evolveStock,
  receiveStock,
  releaseStock,
  reserveStock,
  returnStock,
  shipStock,
  type Stock,
} from './stock.ts';

const of = (onHand: bigint, reserved: bigint): Stock => ({ productId: 'p', onHand, reserved });
const move = (quantity: bigint) => ({ productId: 'p', orderId: 'o', quantity });

describe('a stock', () => {
  it('starts with its first receipt', () => {
    const decision = receiveStock(undefined, { productId: 'p', receiptId: 'r', quantity: 5n });
    const level = { oldOnHand: 0n, oldReserved: 0n, onHand: 5n, reserved: 0n };
    expect(decision).toEqual({
      accepted: true,
      events: [{ type: 'StockReceived', data: { productId: 'p', receiptId: 'r', quantity: 5n, level } }],
    });
  });

  it('promises no more than there is, and says what is short', () => {
    expect(reserveStock(of(5n, 3n), move(2n))).toMatchObject({ accepted: true });
    expect(reserveStock(of(5n, 3n), move(4n))).toMatchObject({
      accepted: false,
      refusal: {
        code: 'INSUFFICIENT_STOCK',
        violations: [{ subject: 'product/p', description: 'product p is short by 2: 4 needed, 2 available' }],
      },
    });
    expect(reserveStock(undefined, move(1n))).toMatchObject({ accepted: false });
  });

  it('is not counted down below what is promised', () => {
    const down = (delta: bigint) => adjustStock(of(5n, 3n), { productId: 'p', delta, reason: 'count' });
    expect(down(-2n)).toMatchObject({ accepted: true });
    expect(down(-3n)).toMatchObject({ accepted: false, refusal: { code: 'INSUFFICIENT_STOCK' } });
  });

  it('never ships or releases what was not promised', () => {
    expect(() => shipStock(of(5n, 1n), move(2n))).toThrow('promised');
    expect(() => releaseStock(of(5n, 1n), move(2n))).toThrow('promised');
  });

  it('is never promised twice, whatever the order of commands', () => {
    const quantity = fc.bigInt({ min: 1n, max: 20n });
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('receive', 'reserve', 'release', 'ship', 'return'), quantity }),
      fc.record({ kind: fc.constant('adjust'), quantity: fc.bigInt({ min: -20n, max: 20n }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let stock: Stock | undefined;
        let [arrived, promised] = [0n, 0n];
        for (const { kind, quantity: n } of steps) {
          if ((kind === 'release' || kind === 'ship') && promised < n) continue;
          const decision =
            kind === 'receive'
              ? receiveStock(stock, { productId: 'p', receiptId: 'r', quantity: n })
              : kind === 'reserve'
                ? reserveStock(stock, move(n))
                : kind === 'release'
                  ? releaseStock(stock, move(n))
                  : kind === 'ship'
                    ? shipStock(stock, move(n))
                    : kind === 'return'
                      ? returnStock(stock, move(n))
                      : adjustStock(stock, { productId: 'p', delta: n, reason: 'count' });
          if (!decision.accepted) continue;
          for (const event of decision.events) stock = evolveStock(stock, event);
          if (kind === 'receive' || kind === 'return' || kind === 'adjust') arrived += n;
          if (kind === 'ship') arrived -= n;
          if (kind === 'reserve') promised += n;
          if (kind === 'release' || kind === 'ship') promised -= n;
          expect(stock).toEqual(of(arrived, promised));
          expect(available(stock) >= 0n && promised >= 0n).toBe(true);
        }
      }),
    );
  });

  it('refuses to be read from a history with a hole', () => {
    const level = { oldOnHand: 4n, oldReserved: 0n, onHand: 5n, reserved: 0n };
    const event = { type: 'StockAdjusted', data: { productId: 'p', delta: 1n, reason: '', level } } as const;
    expect(() => evolveStock(of(5n, 0n), event)).toThrow('does not follow');
  });
});
