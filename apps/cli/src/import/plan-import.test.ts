import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PlaceOrderRequest, validateRequest } from '@meridian/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvoiceLine } from './invoice-line.ts';
import { parseFile } from './parse-file.ts';
import type { ImportPlan } from './plan.ts';
import { isGoods, planImport } from './plan-import.ts';

const sale = {
  credit: false,
  invoice: 10,
  stockCode: '22633',
  pieces: 1,
  price: 100,
  customer: '17850',
  country: 'France',
};
const START_MS = Date.parse('2010-12-01T08:00:00Z');

interface Drawn {
  readonly credit: boolean;
  readonly invoice: number;
  readonly stockCode: string;
  readonly pieces: number;
  readonly price: number;
  readonly customer: string;
  readonly country: string;
}

function linesOf(drawn: readonly Drawn[]): readonly InvoiceLine[] {
  return drawn.map(({ credit, invoice, stockCode, pieces, price, customer, country }, index) => ({
    lineNo: index + 2,
    raw: `line ${index + 2}`,
    invoiceNo: `${credit ? 'C' : ''}5363${invoice}`,
    stockCode,
    description: 'THING',
    quantity: BigInt(credit ? -pieces : pieces),
    invoicedAt: new Date(START_MS + index * 60_000),
    unitPriceMinor: BigInt(price),
    customerId: customer,
    country,
  }));
}

const someLines = fc
  .array(
    fc.record<Drawn>({
      credit: fc.boolean(),
      invoice: fc.integer({ min: 10, max: 14 }),
      stockCode: fc.constantFrom('85123A', '22633', 'POST', 'D', 'BANK CHARGES'),
      pieces: fc.integer({ min: -2, max: 8 }),
      price: fc.constantFrom(0, 100, 250),
      customer: fc.constantFrom('17850', '13047', '', '-'),
      country: fc.constantFrom('France', 'United Kingdom', ''),
    }),
    { maxLength: 60 },
  )
  .map(linesOf);

const worth = (lines: readonly InvoiceLine[]) =>
  lines.reduce((sum, { quantity, unitPriceMinor }) => sum + quantity * unitPriceMinor, 0n);

const orderedLines = ({ orders }: ImportPlan) => orders.flatMap(({ lines }) => lines);
const creditLines = ({ returns }: ImportPlan) => returns.map(({ credit }) => credit);

describe('planImport', () => {
  it('puts every line in exactly one place: an order, a return or the rejects', () => {
    fc.assert(
      fc.property(someLines, (lines) => {
        const plan = planImport(lines);
        const places = [
          ...orderedLines(plan).map(({ lineNo }) => lineNo),
          ...creditLines(plan).map(({ lineNo }) => lineNo),
          ...plan.rejects.map(({ lineNo }) => lineNo),
        ];
        expect(places.sort((a, b) => a - b)).toEqual(lines.map(({ lineNo }) => lineNo));
      }),
    );
  });

  it('keeps the money: orders and returns and rejects come to the sum of the lines', () => {
    fc.assert(
      fc.property(someLines, (lines) => {
        const plan = planImport(lines);
        const rejected = plan.rejects.reduce((sum, { amountMinor }) => sum + (amountMinor ?? 0n), 0n);
        expect(worth(orderedLines(plan)) + worth(creditLines(plan)) + rejected).toBe(worth(lines));
      }),
    );
  });

  it('returns no more than was sold, of an earlier line of the same customer, article and price', () => {
    fc.assert(
      fc.property(someLines, (lines) => {
        const plan = planImport(lines);
        const returned = new Map<InvoiceLine, bigint>();
        for (const { orderId, lineNo, quantity, credit } of plan.returns) {
          const sold = plan.orders.find((order) => order.orderId === orderId)?.lines[lineNo - 1];
          expect(sold).toMatchObject({
            customerId: credit.customerId,
            stockCode: credit.stockCode,
            unitPriceMinor: credit.unitPriceMinor,
          });
          if (!sold) continue;
          expect(sold.lineNo).toBeLessThan(credit.lineNo);
          returned.set(sold, (returned.get(sold) ?? 0n) + quantity);
        }
        for (const [{ quantity }, pieces] of returned) expect(pieces).toBeLessThanOrEqual(quantity);
      }),
    );
  });

  it('plans every product and customer of an order, with enough pieces', () => {
    fc.assert(
      fc.property(someLines, (lines) => {
        const plan = planImport(lines);
        const customers = new Set(plan.customers.map(({ customerId }) => customerId));
        for (const { customerId } of plan.orders) expect(customers).toContain(customerId);
        const needed = new Map<string, bigint>();
        for (const { stockCode, quantity } of orderedLines(plan))
          needed.set(stockCode, (needed.get(stockCode) ?? 0n) + quantity);
        expect(new Map(plan.products.map(({ productId, pieces }) => [productId, pieces]))).toEqual(needed);
      }),
    );
  });

  it('keeps the money by country: every order and every return counts for the country of its lines', () => {
    fc.assert(
      fc.property(someLines, (lines) => {
        const plan = planImport(lines);
        const countries = new Map(plan.customers.map(({ customerId, country }) => [customerId, country]));
        for (const order of plan.orders) {
          expect(order.country).toBe(countries.get(order.customerId));
          for (const { country } of order.lines) expect(country).toBe(order.country);
        }
        for (const { orderId, credit } of plan.returns)
          expect(plan.orders.find((order) => order.orderId === orderId)?.country).toBe(credit.country);
      }),
    );
  });

  it('takes the latest earlier line that has enough left', () => {
    const lines = linesOf([
      { ...sale, invoice: 10, pieces: 8 },
      { ...sale, invoice: 11, pieces: 2 },
      { ...sale, invoice: 12, pieces: 2, credit: true },
      { ...sale, invoice: 13, pieces: 2, credit: true },
      { ...sale, invoice: 14, pieces: 7, credit: true },
    ]);
    const { returns, rejects } = planImport(lines);
    expect(returns.map(({ orderId, quantity }) => [orderId, quantity])).toEqual([
      ['536311', 2n],
      ['536310', 2n],
    ]);
    expect(rejects).toMatchObject([{ lineNo: 6, reason: 'NOTHING_TO_RETURN' }]);
  });

  it('rejects what a customer buys or brings back in another country than the first', () => {
    const { orders, returns, rejects } = planImport(
      linesOf([
        { ...sale, invoice: 10, pieces: 8 },
        { ...sale, invoice: 11, pieces: 1, country: 'Norway' },
        { ...sale, invoice: 12, pieces: 1, credit: true, country: 'Norway' },
        { ...sale, invoice: 13, pieces: 1, credit: true },
      ]),
    );
    expect(orders.map(({ orderId, country }) => [orderId, country])).toEqual([['536310', 'France']]);
    expect(returns.map(({ credit }) => credit.lineNo)).toEqual([5]);
    expect(rejects.map(({ lineNo, reason }) => [lineNo, reason])).toEqual([
      [3, 'CUSTOMER_OF_ANOTHER_COUNTRY'],
      [4, 'CUSTOMER_OF_ANOTHER_COUNTRY'],
    ]);
  });
});

describe('what a service would refuse', () => {
  const line = (changed: Partial<InvoiceLine>): InvoiceLine => ({ ...linesOf([sale])[0]!, ...changed });
  const reasonOf = (changed: Partial<InvoiceLine>) => planImport([line(changed)]).rejects[0]?.reason;

  it.each([
    ['MALFORMED_DESCRIPTION', { description: 'x'.repeat(201) }, { description: 'x'.repeat(200) }],
    ['MALFORMED_DESCRIPTION', { description: 'bell \u0007' }, { description: '' }],
    ['MALFORMED_COUNTRY', { country: 'Atlantis' }, { country: 'Ireland' }],
    ['MALFORMED_COUNTRY', { country: 'France\u001b' }, { country: 'Réunion' }],
    ['PRICE_TOO_HIGH', { unitPriceMinor: 1_000_000_001n }, { unitPriceMinor: 1_000_000_000n }],
    ['QUANTITY_TOO_LARGE', { quantity: 1_000_001n }, { quantity: 1_000_000n }],
    ['DATE_OUT_OF_RANGE', { invoicedAt: new Date(43_199_999) }, { invoicedAt: new Date(43_200_000) }],
    ['MALFORMED_CUSTOMER', { customerId: 'a b' }, { customerId: 'x'.repeat(64) }],
  ])(
    'is rejected while planning as %s, and what is just within the limit is not',
    (reason, beyond, within) => {
      expect(reasonOf(beyond)).toBe(reason);
      expect(reasonOf(within)).toBeUndefined();
    },
  );

  it('is rejected of credit lines too, but for the description, which no service is told', () => {
    const credit = { invoiceNo: 'C1', quantity: -1_000_001n };
    expect(reasonOf(credit)).toBe('QUANTITY_TOO_LARGE');
    expect(reasonOf({ ...credit, quantity: -1n, description: 'bell \u0007' })).toBe('NOTHING_TO_RETURN');
  });

  it('is no order of more lines than the contract allows: the lines beyond are rejected', () => {
    const { orders, rejects } = planImport(
      Array.from({ length: 1_202 }, (_, index) => line({ lineNo: index + 2 })),
    );
    expect(orders.map(({ lines }) => lines.length)).toEqual([1_200]);
    expect(rejects.map(({ lineNo, reason }) => [lineNo, reason])).toEqual([
      [1_202, 'INVOICE_TOO_LONG'],
      [1_203, 'INVOICE_TOO_LONG'],
    ]);
    const request = (lines: number) =>
      validateRequest(
        '/meridian.orders.v1.OrdersCommandService/PlaceOrder',
        PlaceOrderRequest.fromPartial({ lines: Array.from({ length: lines }, () => ({})) }),
      ).map(({ field }) => field);
    expect(request(1_200)).not.toContain('lines');
    expect(request(1_201)).toContain('lines');
  });
});

describe('isGoods', () => {
  it.each(['85123A', '22633', '15056BL', '79323LP'])('takes %s', (code) => expect(isGoods(code)).toBe(true));
  it.each(['POST', 'D', 'M', 'C2', 'BANK CHARGES', 'gift_0001_20', '1234', ''])(
    'does not take "%s"',
    (code) => expect(isGoods(code)).toBe(false),
  );
});

describe('the sample under examples/', () => {
  const file = path.join(import.meta.dirname, '../../../../examples/online-retail-2010-12-01.csv');
  const { lines, rejects } = parseFile(readFileSync(file));
  const plan = planImport(lines);

  it('is taken as far as the rules go', () => {
    expect(rejects).toEqual([]);
    expect({
      lines: lines.length,
      orders: plan.orders.length,
      products: plan.products.length,
      customers: plan.customers.length,
      returns: plan.returns.length,
    }).toEqual({ lines: 999, orders: 61, products: 584, customers: 46, returns: 1 });
  });

  it('has its rejects named', () => {
    const counts: Record<string, number> = {};
    for (const { reason } of plan.rejects) counts[reason] = (counts[reason] ?? 0) + 1;
    expect(counts).toEqual({ NOT_GOODS: 3, NOTHING_TO_RETURN: 8, NO_CUSTOMER: 1 });
  });
});
