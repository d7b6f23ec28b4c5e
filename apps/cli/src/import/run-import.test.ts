import { describe, expect, it, vi } from 'vitest';
import type { InvoiceLine, Reject } from './invoice-line.ts';
import { parseFile } from './parse-file.ts';
import { planImport } from './plan-import.ts';
import { runImport } from './run-import.ts';
import { invoiceLine } from './testing/planned-order.ts';
import { failureIn, Refused, servicesInMemory, type Services } from './testing/services.ts';

vi.mock('@meridian/client', async (original) => ({
  ...(await original<object>()),
  failureOf: (error: unknown) => failureIn(error),
}));

const sold = invoiceLine();
const alsoSold = invoiceLine({ lineNo: 3, stockCode: '71053', quantity: 2n });
const other = invoiceLine({ lineNo: 4, invoiceNo: '536366', customerId: '13047', quantity: 1n });
const credit = invoiceLine({ lineNo: 5, invoiceNo: 'C536379', quantity: -1n });
const file: readonly InvoiceLine[] = [sold, alsoSold, other, credit];

async function taken(services: Services, lines = file, { times = 1, contentId = 'file' } = {}) {
  const rejects: Reject[] = [];
  const { client } = services;
  const onReject = (reject: Reject) => void rejects.push(reject);
  const result = await runImport({ client, plan: planImport(lines), contentId, times, onReject });
  return { ...result, rejects: rejects.map(({ lineNo, reason }) => [lineNo, reason]) };
}

const returnsOf = (services: Services, orderId: string) => services.orders.get(orderId)?.returns.length;

describe('runImport', () => {
  it('places, pays and ships every order and takes back what came back', async () => {
    const services = servicesInMemory();
    expect(await taken(services)).toMatchObject({ ordersTaken: 2, rejects: [] });
    expect([...services.orders].map(([id, { status }]) => [id, status])).toEqual([
      ['536365', 'shipped'],
      ['536366', 'shipped'],
    ]);
    expect(returnsOf(services, '536365')).toBe(1);
    expect(services.received.get('85123A')).toBe(7n);
  });

  it.each([
    ['while request ids are remembered', () => undefined],
    ['when they are forgotten', (services: Services) => services.forgetRequests()],
  ])('changes nothing when it is run again, %s', async (_, meanwhile) => {
    const services = servicesInMemory();
    await taken(services);
    meanwhile(services);
    const again = await taken(services);
    expect(again).toMatchObject({ ordersTaken: 2, rejects: [] });
    expect(returnsOf(services, '536365')).toBe(1);
    expect(services.received.get('85123A')).toBe(7n);
  });

  it('brings the goods of no replay twice, whatever numbers of replays ran before', async () => {
    const services = servicesInMemory();
    for (const times of [3, 2, 5, 1, 8]) {
      await taken(services, file, { times });
      services.forgetRequests();
    }
    expect(services.received.get('85123A')).toBe(8n * 7n);
    expect(services.orders.size).toBe(8 * 2);
    expect(returnsOf(services, '536365.r8')).toBe(1);
  });

  it('looks at the history before a return whenever the order was there before this run', async () => {
    const services = servicesInMemory();
    await taken(services);
    expect(services.calls).not.toContain('getOrder 536365');
    await taken(services);
    expect(services.calls.filter((call) => call === 'getOrder 536365')).toHaveLength(1);
    expect(services.calls.filter((call) => call === 'returnItems 536365')).toHaveLength(1);
  });
});

describe('an invoice whose number an order of other content has', () => {
  it('is rejected line by line, with its returns, and that order is not touched', async () => {
    const services = servicesInMemory();
    // The head of a longer file, which ends in the middle of an invoice.
    await taken(services, [sold], { contentId: 'head' });
    const before = services.calls.length;
    const { ordersTaken, rejects, isRefused } = await taken(services);
    expect(ordersTaken).toBe(1);
    expect(rejects).toEqual([
      [2, 'REFUSED_ORDER_EXISTS'],
      [3, 'REFUSED_ORDER_EXISTS'],
      [5, 'REFUSED_ORDER_EXISTS'],
    ]);
    expect([isRefused('536365'), isRefused('536366')]).toEqual([true, false]);
    const calls = services.calls.slice(before).filter((call) => call.endsWith(' 536365'));
    expect(calls).toEqual(['placeOrder 536365', 'getOrder 536365']);
  });

  it('is taken when the content is the same, though another file brought it', async () => {
    const services = servicesInMemory();
    await taken(services, file, { contentId: 'another' });
    expect(await taken(services)).toMatchObject({ ordersTaken: 2, rejects: [] });
    expect(returnsOf(services, '536365')).toBe(1);
  });

  it('is rejected too when the order’s request id was used with that content', async () => {
    const services = servicesInMemory();
    await taken(services, [sold]);
    const { rejects } = await taken(services, [sold, alsoSold]);
    expect(rejects).toEqual([
      [2, 'REFUSED_ORDER_EXISTS'],
      [3, 'REFUSED_ORDER_EXISTS'],
    ]);
  });
});

describe('a corrected file', () => {
  it('does not take the order of another day for its own', async () => {
    const services = servicesInMemory();
    await taken(services, [sold, other]);
    const corrected = { ...sold, invoicedAt: new Date('2010-01-12T08:26:00Z') };
    const { ordersTaken, rejects } = await taken(services, [corrected, other], { contentId: 'corrected' });
    expect(ordersTaken).toBe(1);
    expect(rejects).toEqual([[2, 'REFUSED_ORDER_EXISTS']]);
  });
});

describe('a corrected file whose lines moved', () => {
  it('does not bring back again what its credit note brought back before', async () => {
    const services = servicesInMemory();
    await taken(services);
    const moved = file.map((line) => ({ ...line, lineNo: line.lineNo + 1 }));
    const { ordersTaken, rejects } = await taken(services, moved, { contentId: 'corrected' });
    expect(ordersTaken).toBe(2);
    expect(rejects).toEqual([[6, 'REFUSED_CREDIT_NOTE_EXISTS']]);
    expect(returnsOf(services, '536365')).toBe(1);
  });

  it('takes the other lines of a credit note that was taken in part', async () => {
    const services = servicesInMemory();
    const second = invoiceLine({ lineNo: 6, invoiceNo: 'C536379', quantity: -2n });
    await taken(services);
    expect(await taken(services, [...file, second], { contentId: 'longer' })).toMatchObject({ rejects: [] });
    expect(returnsOf(services, '536365')).toBe(2);
  });
});

describe('a corrected file in which a credit line fits another order', () => {
  const edition = (first: string, second: string) => {
    const rows = [
      'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
      `536001,22423,CAKESTAND,${first},2011-01-04 10:00,5.00,C1,France`,
      `536500,22423,CAKESTAND,${second},2011-02-04 10:00,5.00,C1,France`,
      'C537000,22423,CAKESTAND,-4,2011-03-04 10:00,5.00,C1,France',
    ];
    const { contentId, lines } = parseFile(Buffer.from(rows.join('\n')));
    const matched = planImport(lines).returns.map(({ orderId }) => orderId);
    return { contentId, lines, matched };
  };
  const mistyped = edition('10', '1O');

  it.each([
    ['while request ids are remembered', '10', [], () => undefined],
    ['when they are forgotten', '10', [], (services: Services) => services.forgetRequests()],
    [
      'when the other order was corrected, too',
      '11',
      [[2, 'REFUSED_ORDER_EXISTS']],
      (services: Services) => services.forgetRequests(),
    ],
  ])('does not bring the goods back again, %s', async (_, first, rejected, meanwhile) => {
    const services = servicesInMemory();
    await taken(services, mistyped.lines, mistyped);
    meanwhile(services);
    const mended = edition(first, '10');
    expect([mistyped.matched, mended.matched]).toEqual([['536001'], ['536500']]);
    for (let run = 1; run <= 2; run++) {
      expect((await taken(services, mended.lines, mended)).rejects).toEqual(rejected);
      expect([returnsOf(services, '536001'), returnsOf(services, '536500')]).toEqual([1, 0]);
      meanwhile(services);
    }
  });

  it('does not bring the goods back again though the region shows no return yet', async () => {
    const services = servicesInMemory();
    await taken(services, mistyped.lines, mistyped);
    const getOrder = unreturnedFor(services, Infinity);
    const { client } = services;
    const behind = { ...services, client: { ...client, orders: { ...client.orders, getOrder } } };
    const mended = edition('10', '10');
    expect((await taken(behind, mended.lines, mended)).rejects).toEqual([]);
    expect([returnsOf(services, '536001'), returnsOf(services, '536500')]).toEqual([1, 0]);
  });
});

/** Answers about orders as they were before any return: the first `answers` of them. */
function unreturnedFor({ client }: Services, answers: number): Services['client']['orders']['getOrder'] {
  let asked = 0;
  return async (question) => {
    const answer = await client.orders.getOrder(question);
    const { summary, history = [] } = answer.order ?? {};
    if (++asked > answers || !answer.order || !summary) return answer;
    const version = summary.version - BigInt(history.length);
    const order = { ...answer.order, summary: { ...summary, version }, history: [], historyTotal: 0n };
    return { ...answer, order };
  };
}

describe('a credit note into which a line was inserted', () => {
  const inserted = invoiceLine({ lineNo: 5, invoiceNo: 'C536379', stockCode: '71053', quantity: -2n });
  const longer = [sold, alsoSold, other, inserted, { ...credit, lineNo: 6 }];

  it.each([
    ['while request ids are remembered', () => undefined],
    ['when they are forgotten', (services: Services) => services.forgetRequests()],
  ])('brings nothing back again, and takes no line for another, %s', async (_, meanwhile) => {
    const services = servicesInMemory();
    await taken(services);
    meanwhile(services);
    const { rejects } = await taken(services, longer, { contentId: 'longer' });
    expect(rejects).toEqual([
      [5, 'REFUSED_CREDIT_NOTE_EXISTS'],
      [6, 'REFUSED_CREDIT_NOTE_EXISTS'],
    ]);
    expect(returnsOf(services, '536365')).toBe(1);
  });
});

describe('a return of an order that was there before this run', () => {
  it('is not made twice though the region shows an older state first', async () => {
    const services = servicesInMemory();
    await taken(services);
    const moved = file.map((line) => ({ ...line, lineNo: line.lineNo + 1 }));
    // Two answers are for the comparison of orders with invoices, and two for the return.
    const getOrder = unreturnedFor(services, 4);
    const { client } = services;
    const behind = { ...services, client: { ...client, orders: { ...client.orders, getOrder } } };
    const { rejects } = await taken(behind, moved, { contentId: 'corrected' });
    expect(rejects).toEqual([[6, 'REFUSED_CREDIT_NOTE_EXISTS']]);
    expect(returnsOf(services, '536365')).toBe(1);
  });

  it('is made at the first try however many returns the order has in this run', async () => {
    const services = servicesInMemory();
    const bought = invoiceLine({ quantity: 1_000n });
    const credits = Array.from({ length: 60 }, (_, n) =>
      invoiceLine({ lineNo: n + 3, invoiceNo: 'C536379', quantity: -1n }),
    );
    const { client } = services;
    const returnItems = () => Promise.reject(new Error('ended'));
    const ending = { ...client, orders: { ...client.orders, returnItems } };
    await expect(taken({ ...services, client: ending }, [bought, ...credits])).rejects.toThrow('ended');
    expect(await taken(services, [bought, ...credits])).toMatchObject({ ordersTaken: 1, rejects: [] });
    expect(returnsOf(services, '536365')).toBe(60);
    expect(services.calls.filter((call) => call === 'returnItems 536365')).toHaveLength(60);
  });
});

describe('an order that somebody cancelled', () => {
  it.each([
    ['while request ids are remembered', 'file', () => undefined],
    ['when they are forgotten', 'file', (services: Services) => services.forgetRequests()],
    ['when another file brings it', 'another', () => undefined],
  ])('does not count as taken, nor its returns, %s', async (_, contentId, meanwhile) => {
    const services = servicesInMemory();
    const { client } = services;
    // The import ends before it has shipped the order.
    const shipOrder = () => Promise.reject(new Error('ended'));
    const ending = { ...client, orders: { ...client.orders, shipOrder } };
    await expect(taken({ ...services, client: ending })).rejects.toThrow('ended');
    services.cancel('536365');
    meanwhile(services);
    const { ordersTaken, rejects } = await taken(services, file, { contentId });
    expect(ordersTaken).toBe(1);
    expect(rejects).toEqual([2, 3, 5].map((line) => [line, 'REFUSED_ORDER_CANCELLED']));
    expect(services.orders.get('536365')?.status).toBe('cancelled');
  });

  it('is not taken for shipped while a region still shows it as paid', async () => {
    const services = servicesInMemory();
    const { client } = services;
    const shipOrder = () => Promise.reject(new Refused('ORDER_STATUS_CONFLICT'));
    let asked = 0;
    const getOrder: typeof client.orders.getOrder = async (question) => {
      if (++asked > 2) services.cancel('536366');
      return client.orders.getOrder(question);
    };
    const behind = { ...client, orders: { ...client.orders, shipOrder, getOrder } };
    const { ordersTaken, rejects } = await taken({ ...services, client: behind }, [other]);
    expect(ordersTaken).toBe(0);
    expect(rejects).toEqual([[4, 'REFUSED_ORDER_CANCELLED']]);
  });

  it('counts as taken when somebody else shipped it', async () => {
    const services = servicesInMemory();
    await taken(services, [other]);
    services.forgetRequests();
    expect(await taken(services, [other])).toMatchObject({ ordersTaken: 1, rejects: [] });
  });
});

describe('what a service refuses although the plan holds it', () => {
  it.each([
    ['a product', '71053', [2, 3, 5]],
    ['a customer', '13047', [4]],
    ['goods', 'file.r1.71053', [2, 3, 5]],
  ])('costs the orders that need it and no others: %s', async (_, id, lines) => {
    const services = servicesInMemory();
    services.refuse(id, 'NOT_TODAY');
    const { rejects, ordersTaken } = await taken(services);
    expect(rejects).toEqual(lines.map((line) => [line, 'REFUSED_NOT_TODAY']));
    expect(ordersTaken).toBe(1);
    expect(services.orders.size).toBe(1);
  });

  it('costs only the replays that need the goods', async () => {
    const services = servicesInMemory();
    services.refuse('file.r3-4.85123A', 'NOT_TODAY');
    const { ordersTaken } = await taken(services, file, { times: 5 });
    expect(ordersTaken).toBe(3 * 2);
    expect([...services.orders.keys()]).not.toContain('536366.r3');
  });
});
