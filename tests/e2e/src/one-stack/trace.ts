import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { TestStack } from '@meridian/testing';
import { bufCurl } from '../buf-curl.ts';
import { runCli } from '../cli.ts';

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string(),
  name: z.string(),
  service: z.string(),
  startTime: z.string(),
  endTime: z.string(),
});
type Span = z.infer<typeof span>;

const ORDERS = 'meridian.orders.v1.OrdersCommandService';

/** The way of an order through all services, by the spans that they write to a file, and by `meridian trace`. */
export const describeTrace = (given: () => { readonly stack: TestStack; readonly spansFile: string }) =>
  describe('one trace of an order', () => {
    let stack: TestStack;
    let spansFile: string;

    beforeAll(() => {
      ({ stack, spansFile } = given());
    });

    async function spansOf(traceId: string): Promise<readonly Span[]> {
      const text = await readFile(spansFile, 'utf8').catch(() => '');
      const lines = text.split('\n').filter((line) => line.includes(traceId));
      return lines.map((line) => span.parse(JSON.parse(line)));
    }

    it('goes from the call over the journal and Kafka to the rows of every read model', async () => {
      const command = stack.addresses.command;
      const price = { currencyCode: 'GBP', amountMinor: '250' };
      const setup = [
        [
          'meridian.catalog.v1.CatalogCommandService/CreateProduct',
          { productId: 'teapot', name: 'Teapot', price },
        ],
        [
          'meridian.inventory.v1.InventoryCommandService/ReceiveStock',
          { receiptId: 'teapots', productId: 'teapot', quantity: '5' },
        ],
        [
          'meridian.customers.v1.CustomersCommandService/RegisterCustomer',
          { customerId: 'tom', name: 'A', country: 'France' },
        ],
      ] as const;
      for (const [method, request] of setup) {
        const result = await bufCurl(command, method, { requestId: randomUUID(), ...request });
        expect(result).toMatchObject({ ok: true });
      }
      const traceId = randomBytes(16).toString('hex');
      const callerSpan = randomBytes(8).toString('hex');
      const lines = [{ productId: 'teapot', quantity: '1' }];
      const order = { requestId: randomUUID(), orderId: 'tom-1', customerId: 'tom', lines };
      const placed = await bufCurl(command, `${ORDERS}/PlaceOrder`, order, {
        headers: { traceparent: `00-${traceId}-${callerSpan}-01` },
      });
      expect(placed).toMatchObject({ ok: true });

      const way = {
        way: ['project OrderPlaced', 'publish', 'commit', `${ORDERS}/PlaceOrder`],
        services: ['command-service', 'command-service'],
        caller: callerSpan,
        writes: ['cassandra write'],
      };
      const consumers = ['projector-orders', 'projector-sales'];
      // Each process writes its spans when it gets to it: all of them are waited for.
      await expect
        .poll(async () => waysOf(await spansOf(traceId)))
        .toEqual({
          ways: consumers.map((consumer) => ({ consumer, ...way })),
          reserving: ['projector-inventory'],
        });
      process.stdout.write(`${tree(await spansOf(traceId), callerSpan)}\n`);
    });

    it('is what `meridian trace` looks for: where an order is, and why not further', async () => {
      const traced = async () => {
        const { code, output } = await runCli(stack.folder, 'trace', 'order', 'tom-1', '--json').ended;
        if (code !== 0) throw new Error(output);
        return traceOutput.parse(JSON.parse(output));
      };
      const shown = await traced();
      expect(shown.events).toMatchObject([
        { version: '1', type: 'OrderPlaced', offset: expect.stringMatching(/^\d+$/) },
      ]);
      expect(shown.regions).toMatchObject([
        { region: 'eu-west', version: '1' },
        { region: 'us-east', version: '1' },
      ]);
      expect(shown.findings.slice(1)).toEqual([
        'eu-west: version 1: all of it is shown',
        'us-east: version 1: all of it is shown',
      ]);

      await stack.stopService('projector-orders');
      const payment = { amount: { currencyCode: 'GBP', amountMinor: '250' }, paymentReference: 'p-1' };
      const paid = await bufCurl(stack.addresses.command, `${ORDERS}/PayOrder`, {
        requestId: randomUUID(),
        orderId: 'tom-1',
        ...payment,
      });
      expect(paid).toMatchObject({ ok: true });
      const offsets = async () => (await traced()).events.map(({ offset }) => offset !== undefined);
      await expect.poll(offsets).toEqual([true, true]);
      const behind = await traced();
      expect(behind.findings[0]).toMatch(/^kafka: version 2 is in partition \d+ at offset \d+$/);
      expect(behind.findings[1]).toMatch(
        /^eu-west: version 1; the projector has applied position \d+ of the partition/,
      );
      await stack.startService('projector-orders');
      const findings = async () => (await traced()).findings[1];
      await expect.poll(findings).toBe('eu-west: version 2: all of it is shown');
    });
  });

const traceOutput = z.object({
  events: z.array(z.object({ version: z.string(), type: z.string(), offset: z.string().optional() })),
  regions: z.array(z.object({ region: z.string(), version: z.string().optional() })),
  findings: z.array(z.string()),
});

/** How a trace went from the caller to each projector of OrderPlaced, and which projectors took StockReserved. */
function waysOf(spans: readonly Span[]) {
  const byId = new Map(spans.map((one) => [one.spanId, one]));
  const parentOf = (one: Span | undefined) => byId.get(one?.parentSpanId ?? '');
  const named = (name: string) => spans.filter((one) => one.name === name);
  const ways = named('project OrderPlaced').map((projection) => {
    const publish = parentOf(projection);
    const commit = parentOf(publish);
    const call = parentOf(commit);
    return {
      consumer: projection.service,
      way: [projection.name, publish?.name, commit?.name, call?.name],
      services: [publish?.service, call?.service],
      caller: call?.parentSpanId,
      writes: named('cassandra write')
        .filter(({ parentSpanId }) => parentSpanId === projection.spanId)
        .map(({ name }) => name),
    };
  });
  return {
    ways: ways.sort((a, b) => a.consumer.localeCompare(b.consumer)),
    reserving: [...new Set(named('project StockReserved').map(({ service }) => service))],
  };
}

/** The spans as a tree, with when they began and how long they took. */
function tree(spans: readonly Span[], root: string): string {
  const start = Math.min(...spans.map(({ startTime }) => Date.parse(startTime)));
  const lines: string[] = [];
  const add = (parent: string, depth: number): void => {
    const children = spans.filter(({ parentSpanId }) => parentSpanId === parent);
    for (const { name, service, spanId, startTime, endTime } of children.sort((a, b) =>
      a.startTime.localeCompare(b.startTime),
    )) {
      const [from, took] = [Date.parse(startTime) - start, Date.parse(endTime) - Date.parse(startTime)];
      lines.push(`${'  '.repeat(depth)}${name}  [${service}]  +${from} ms, ${took} ms`);
      add(spanId, depth + 1);
    }
  };
  add(root, 0);
  return lines.join('\n');
}
