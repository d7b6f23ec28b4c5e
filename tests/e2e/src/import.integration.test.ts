import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';
import { createPool } from '@meridian/mysql';
import { openTruth, startTestStack, type TestStack, type Truth } from '@meridian/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCliWith, type CliRun } from './cli.ts';

const SAMPLE = path.join(workspaceFolder(), 'examples/online-retail-2010-12-01.csv');
const DAY = '2010-12-01';
/** What the sample comes to, as `awk` sums it. */
const FILE_MINOR = {
  'Australia/GBP': '35825',
  'France/GBP': '85586',
  'Netherlands/GBP': '19260',
  'United Kingdom/GBP': '2309704',
};
const REJECTS = { NOT_GOODS: 3, NOTHING_TO_RETURN: 8, NO_CUSTOMER: 1 };
const ORDERS = 61;

/** What `--json FILE` writes. */
interface Result {
  readonly regions: Readonly<
    Record<string, { readonly revenueMinor: Readonly<Record<string, string>>; readonly visible: object }>
  >;
  readonly rejectedMinor: Readonly<Record<string, string>>;
}

describe('npm start, and what it leaves', () => {
  let stack: TestStack;
  let truth: Truth;
  let starting: CliRun;
  const fileIn = (name: string) => path.join(stack.folder, name);
  const meridian = (...args: readonly string[]) =>
    runCliWith(
      {
        MERIDIAN_STACK_FOLDER: stack.folder,
        MERIDIAN_MYSQL_DATABASE: stack.names.database,
        MERIDIAN_KEYS_DATABASE: stack.names.keysDatabase,
        MERIDIAN_KEYSPACE: stack.names.keyspace,
        MERIDIAN_TOPIC_PREFIX: stack.names.topicPrefix,
      },
      ...args,
    );
  const importing = (file: string, ...args: readonly string[]) =>
    meridian('import', file, '--rejects', fileIn('rejects.csv'), ...args).ended;
  const resultIn = (name: string): Result => JSON.parse(readFileSync(fileIn(name), 'utf8'));
  const json = async (...args: readonly string[]) => {
    const { code, stdout, output } = await meridian(...args, '--json').ended;
    expect(code, output).toBe(0);
    return JSON.parse(stdout);
  };
  const books = async () => ({ events: await truth.eventCount(), stock: await truth.stock() });

  beforeAll(async () => {
    stack = await startTestStack('import');
    truth = openTruth(stack.engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '', stack.names.database);
    // So that there is something left to start.
    await stack.stopService('projectors');
  });

  afterAll(async () => {
    starting?.signal('SIGKILL');
    await truth?.close();
    await stack?.stop();
  });

  it('starts what is missing, imports the sample and finds the file’s sums in every region', async () => {
    starting = meridian('start', '--engines', 'external', '--json', fileIn('out.json'));
    await expect.poll(() => starting.printed()).toContain('up until Ctrl-C');
    expect(starting.printed()).toContain('projectors: ready');
    expect(starting.printed()).toMatch(/France +\d+\.\d\d GBP +\d+\.\d\d GBP +54\.00 GBP +855\.86 GBP +yes/);
    expect(starting.printed()).toContain('the sums agree in every region');
    const region = { orders: ORDERS, otherOrders: 0, visible: { samples: ORDERS, failed: 0 } };
    const result = resultIn('out.json');
    expect(result).toMatchObject({
      file: 'examples/online-retail-2010-12-01.csv',
      lines: 999,
      unreadableLines: 0,
      sumsAgree: true,
      rejectsByReason: REJECTS,
      fileMinor: FILE_MINOR,
      regions: { 'eu-west': region, 'us-east': region },
    });
    expect(Object.keys(result.regions).sort()).toEqual([...stack.regions].sort());
    const sales = await truth.salesByCountry();
    for (const { revenueMinor, visible } of Object.values(result.regions)) {
      for (const [key, sum] of Object.entries(FILE_MINOR)) {
        const accepted = BigInt(revenueMinor[key] ?? '0');
        expect(accepted + BigInt(result.rejectedMinor[key] ?? '0'), key).toBe(BigInt(sum));
        expect(accepted, key).toBe(sales.get(key.slice(0, -4))?.revenueMinor);
      }
      expect(visible).toMatchObject({ p50Ms: expect.any(Number), p99Ms: expect.any(Number) });
    }
  });

  it('answers questions in the shell, for people’s programs too', async () => {
    const { products, nextPageToken } = await json('products', '--limit', '5');
    expect(products).toHaveLength(5);
    expect(products[0]).toMatchObject({ productId: '10002', price: { currencyCode: 'GBP' } });
    expect(nextPageToken).not.toBe('');

    const { order, freshness } = await json('orders', '536365', '--region', 'us-east');
    const total = { currencyCode: 'GBP', amountMinor: '13912' };
    const head = { customerId: '17850', country: 'United Kingdom', status: 'ORDER_STATUS_SHIPPED', total };
    expect(order.summary).toMatchObject(head);
    expect(order.lines).toHaveLength(7);
    expect(freshness.region).toBe('us-east');
    const { orders } = await json('orders', '17850', '--customer');
    expect(orders.map(({ orderId }: { orderId: string }) => orderId)).toContain('536365');

    const { rows } = await json('sales', '--from', DAY);
    const revenue = rows.map((row: { country: string; revenue: { amountMinor: string } }) => [
      `${row.country}/GBP`,
      row.revenue.amountMinor,
    ]);
    expect(Object.fromEntries(revenue)).toEqual(resultIn('out.json').regions['eu-west']?.revenueMinor);

    const { engines, services, lags } = await json('status');
    expect(engines).toHaveLength(4);
    expect(services.map(({ state }: { state: string }) => state)).toEqual(
      stack.serviceNames.map(() => 'ready'),
    );
    expect(lags.map(({ projector }: { projector: string }) => projector)).toContain('sales');
  });

  it.each([
    ['while the requests are remembered', false],
    ['when they are forgotten', true],
  ])('imports the sample again without an event or a piece more, %s', async (_, isForgotten) => {
    const before = await books();
    if (isForgotten) {
      const url = stack.engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '';
      const pool = createPool({ url, database: stack.names.database });
      await pool.query('DELETE FROM command_log');
      await pool.close();
    }
    const { code, output } = await importing(SAMPLE);
    expect(output).toContain(`${ORDERS} orders accepted; 12 lines rejected`);
    expect(code).toBe(3);
    expect(await books()).toEqual(before);
  });

  it('rejects every line of an invoice whose order holds less, and leaves that order as it is', async () => {
    const lines = readFileSync(SAMPLE, 'utf8').split(/\r?\n/);
    const invoice = lines.filter((line) => line.startsWith('536520,'));
    const longer = fileIn('longer.csv');
    writeFileSync(longer, [lines[0], ...invoice, ...invoice.slice(0, 1), ''].join('\n'));
    const before = (await truth.orders()).get('536520');
    const { code, output } = await importing(longer, '--dates', 'mdy');
    expect(output).toContain(`0 orders accepted; ${invoice.length + 1} lines rejected`);
    expect(code).toBe(1);
    expect(readFileSync(fileIn('rejects.csv'), 'utf8').match(/,REFUSED_ORDER_EXISTS,/g)).toHaveLength(
      invoice.length + 1,
    );
    expect((await truth.orders()).get('536520')).toEqual(before);
  });

  it('brings back the goods of a credit once, though a corrected file has another order for it', async () => {
    const edition = (pieces: string) =>
      [
        'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
        '636001,22423,CAKESTAND,10,2011-01-04 10:00,5.00,C1,France',
        `636500,22423,CAKESTAND,${pieces},2011-02-04 10:00,5.00,C1,France`,
        'C637000,22423,CAKESTAND,-4,2011-03-04 10:00,5.00,C1,France',
        '',
      ].join('\n');
    const file = fileIn('editions.csv');
    writeFileSync(file, edition('1O'));
    const first = await importing(file);
    expect(first.output).toContain('1 orders accepted; 1 lines rejected');
    writeFileSync(file, edition('10'));
    for (const run of ['at once', 'again']) {
      const { code, output } = await importing(file);
      expect(output, run).toContain('2 orders accepted; 0 lines rejected');
      expect(code, run).toBe(0);
    }
    const orders = await truth.orders();
    // Placed, paid and shipped are three versions, and a return is one more.
    expect(['636001', '636500'].map((id) => orders.get(id)?.version)).toEqual([4n, 3n]);
  });

  it('tells orders of a replay on the same days apart, exits 0, and leaves nothing running', async () => {
    const twice = await importing(SAMPLE, '--times', '2', '--allow-rejects');
    expect(twice.output).toContain(`${2 * ORDERS} orders accepted`);
    expect(twice.code).toBe(0);
    const { code, output } = await meridian(
      'start',
      '--exit',
      '--engines',
      'external',
      '--json',
      fileIn('again.json'),
    ).ended;
    expect(output).toContain(`these days also have ${ORDERS} orders that are not of the file`);
    expect(output).toContain('no samples: every order of the file had been placed by an earlier run');
    expect(code).toBe(0);
    const { revenueMinor } = resultIn('out.json').regions['us-east'] ?? {};
    expect(resultIn('again.json')).toMatchObject({
      sumsAgree: true,
      regions: { 'us-east': { orders: ORDERS, otherOrders: ORDERS, revenueMinor } },
    });
    const { services } = await json('status');
    expect(services.map(({ state }: { state: string }) => state)).toEqual(
      stack.serviceNames.map(() => 'stopped'),
    );
    starting.signal('SIGINT');
    const first = await starting.ended;
    expect(first.output).toContain('stopping everything');
    expect(first.code).toBe(0);
  });
});
