import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { findText, type TestStack } from '@meridian/testing';
import { at, bufCurl, type CurlResult, type Json } from '../buf-curl.ts';
import { runCli } from '../cli.ts';

const CATALOG = 'meridian.catalog.v1.CatalogCommandService';
const CUSTOMERS = 'meridian.customers.v1.CustomersCommandService';
const INVENTORY = 'meridian.inventory.v1.InventoryCommandService';
const ORDERS = 'meridian.orders.v1.OrdersCommandService';

function answerOf(result: CurlResult): Json {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.answer;
}

/** A programmer's session: orders, refusals, garbage and an erasure. `given` is there once the tests run. */
export const describeSession = (given: () => TestStack) =>
  describe('a programmer with a gRPC client that is not ours', () => {
    let stack: TestStack;
    const call = (method: string, request: Json) => bufCurl(stack.addresses.command, method, request);
    const ask = (region: string, method: string, request: Json) =>
      bufCurl(stack.addresses.query[region] ?? '', method, request);

    beforeAll(async () => {
      stack = given();
      const price = { currencyCode: 'GBP', amountMinor: '250' };
      answerOf(
        await call(`${CATALOG}/CreateProduct`, {
          requestId: randomUUID(),
          productId: 'clock',
          name: 'Clock',
          price,
        }),
      );
      answerOf(
        await call(`${INVENTORY}/ReceiveStock`, {
          requestId: randomUUID(),
          receiptId: 'clocks',
          productId: 'clock',
          quantity: '5',
        }),
      );
    });

    it('registers, orders, pays and ships, and reads it back in the other region with the token', async () => {
      const person = {
        requestId: randomUUID(),
        customerId: 'ada',
        name: 'Ada L.',
        email: 'ada@example.org',
        country: 'France',
      };
      answerOf(await call(`${CUSTOMERS}/RegisterCustomer`, person));
      const lines = [{ productId: 'clock', quantity: '2' }];
      const placed = answerOf(
        await call(`${ORDERS}/PlaceOrder`, {
          requestId: randomUUID(),
          orderId: 'ada-1',
          customerId: 'ada',
          lines,
        }),
      );
      expect(at(placed, 'total')).toEqual({ currencyCode: 'GBP', amountMinor: '500' });
      const amount = { currencyCode: 'GBP', amountMinor: '500' };
      answerOf(
        await call(`${ORDERS}/PayOrder`, {
          requestId: randomUUID(),
          orderId: 'ada-1',
          amount,
          paymentReference: 'p-1',
        }),
      );
      const shipped = answerOf(
        await call(`${ORDERS}/ShipOrder`, { requestId: randomUUID(), orderId: 'ada-1' }),
      );
      const token = at(shipped, 'receipt', 'token') ?? null;

      const order = answerOf(
        await ask('us-east', 'meridian.orders.v1.OrdersQueryService/GetOrder', {
          orderId: 'ada-1',
          read: { token },
        }),
      );
      expect(at(order, 'order', 'summary', 'status')).toBe('ORDER_STATUS_SHIPPED');
      expect(at(order, 'freshness', 'region')).toBe('us-east');
      expect(at(order, 'order', 'history', 2, 'eventType')).toBe('OrderShipped');

      const stock = answerOf(
        await ask('us-east', 'meridian.inventory.v1.InventoryQueryService/GetAvailability', {
          productId: 'clock',
          read: { token },
        }),
      );
      expect(at(stock, 'availability', 'onHand')).toBe('3');

      const customer = answerOf(
        await ask('us-east', 'meridian.customers.v1.CustomersQueryService/GetCustomer', {
          customerId: 'ada',
          read: { token },
        }),
      );
      expect(at(customer, 'customer', 'name')).toBe('Ada L.');
      expect(at(customer, 'customer', 'lifetimeValue', 0)).toEqual({
        currencyCode: 'GBP',
        amountMinor: '500',
      });
    });

    it('is told which product is short, and by how much', async () => {
      const lines = [{ productId: 'clock', quantity: '1000' }];
      const result = await call(`${ORDERS}/PlaceOrder`, {
        requestId: randomUUID(),
        customerId: 'ada',
        lines,
      });
      expect(result).toMatchObject({ ok: false, code: 'failed_precondition' });
      if (result.ok) return;
      expect(result.details).toContain('INSUFFICIENT_STOCK');
      expect(result.details).toContain('product/clock');
      expect(result.message).toContain('997');
    });

    it('gets the same answer for the same request id, and a conflict for other content', async () => {
      const request = {
        requestId: randomUUID(),
        orderId: 'ada-2',
        customerId: 'ada',
        lines: [{ productId: 'clock', quantity: '1' }],
      };
      const first = answerOf(await call(`${ORDERS}/PlaceOrder`, request));
      const second = answerOf(await call(`${ORDERS}/PlaceOrder`, request));
      expect(at(second, 'receipt', 'replayed')).toBe(true);
      expect(at(second, 'receipt', 'token')).toEqual(at(first, 'receipt', 'token'));
      expect(at(second, 'receipt', 'version')).toEqual(at(first, 'receipt', 'version'));
      const other = await call(`${ORDERS}/PlaceOrder`, {
        ...request,
        lines: [{ productId: 'clock', quantity: '2' }],
      });
      expect(other).toMatchObject({ ok: false, code: 'already_exists' });
      expect(other.ok ? '' : other.details).toContain('REQUEST_ID_REUSED');
    });

    it.each([
      ['request_id', { requestId: 'not a uuid' }],
      ['order_id', { orderId: 'no spaces allowed' }],
      ['customer_id', { customerId: '' }],
      ['lines', { lines: [] }],
      ['lines[0].quantity', { lines: [{ productId: 'clock', quantity: '0' }] }],
      [
        'lines[0].unit_price.currency_code',
        { lines: [{ productId: 'clock', quantity: '1', unitPrice: { currencyCode: 'pounds' } }] },
      ],
      ['placed_at', { placedAt: '1066-10-14T00:00:00Z' }],
    ])('is told that %s is garbage', async (field, garbage) => {
      const valid = {
        requestId: randomUUID(),
        customerId: 'ada',
        lines: [{ productId: 'clock', quantity: '1' }],
      };
      const result = await call(`${ORDERS}/PlaceOrder`, { ...valid, ...garbage });
      expect(result).toMatchObject({ ok: false, code: 'invalid_argument' });
      expect(result.ok ? '' : result.message).toContain(field);
    });

    describe('erases a customer', () => {
      const person = {
        customerId: 'bob',
        name: 'Bartholomew Quince',
        email: 'bart.quince@example.org',
        address: '17 Turnstile Mews\nToledo',
        country: 'Spain',
      };
      const secrets = [person.name, person.email, '17 Turnstile Mews'];
      const nowhere = new Map(secrets.map((text) => [text, []]));
      const customerIn = async (region: string, token: Json) =>
        answerOf(
          await ask(region, 'meridian.customers.v1.CustomersQueryService/GetCustomer', {
            customerId: 'bob',
            read: { token },
          }),
        );
      const tokenOf = (answer: Json) => at(answer, 'receipt', 'token') ?? null;

      it('whose name, e-mail and address are in no store and no log in clear, though every region answers', async () => {
        answerOf(await call(`${CUSTOMERS}/RegisterCustomer`, { requestId: randomUUID(), ...person }));
        const refused = await call(`${CUSTOMERS}/UpdateCustomer`, { requestId: 'garbage', ...person });
        expect(refused).toMatchObject({ ok: false, code: 'invalid_argument' });
        const renamed = { requestId: randomUUID(), ...person, country: 'Portugal' };
        answerOf(await call(`${CUSTOMERS}/UpdateCustomer`, renamed));
        const lines = [{ productId: 'clock', quantity: '1' }];
        const order = { requestId: randomUUID(), orderId: 'bob-1', customerId: 'bob', lines };
        const token = tokenOf(answerOf(await call(`${ORDERS}/PlaceOrder`, order)));
        for (const region of stack.regions) {
          const customer = at(await customerIn(region, token), 'customer');
          const { name, email, address } = person;
          expect(customer).toMatchObject({ name, email, address });
        }
        expect(await findText(stack, secrets)).toEqual(nowhere);
      });

      it('and then they can be read nowhere at all', async () => {
        const erase = { requestId: randomUUID(), customerId: 'bob' };
        const token = tokenOf(answerOf(await call(`${CUSTOMERS}/EraseCustomer`, erase)));
        for (const region of stack.regions) {
          const customer = await customerIn(region, token);
          expect(at(customer, 'customer', 'status')).toBe('CUSTOMER_STATUS_ERASED');
          for (const text of secrets) expect(JSON.stringify(customer)).not.toContain(text);
        }
        expect(await findText(stack, secrets)).toEqual(nowhere);
      });

      it('and is told in which regions that is done, by the command line, too', async () => {
        const get = async () =>
          at(
            answerOf(await call('meridian.customers.v1.ErasureService/GetErasure', { customerId: 'bob' })),
            'erasure',
          );
        await expect.poll(async () => at(await get(), 'state')).toBe('ERASURE_STATE_DONE');
        const regions = stack.regions.map((region) => ({ region, state: 'ERASURE_STATE_DONE' }));
        expect(await get()).toMatchObject({ customerId: 'bob', regions });
        const { code, stdout } = await runCli(stack.folder, 'erasures', 'bob').ended;
        expect(code).toBe(0);
        for (const region of stack.regions) expect(stdout).toMatch(new RegExp(`bob .* ${region} +done +20`));
      });

      it('by a search that finds what is not sealed, in every kind of store', async () => {
        const { database, keyspace, topicPrefix } = stack.names;
        const found = await findText(stack, ['bob-1', '"event":"ready"']);
        expect(found.get('bob-1')).toEqual(
          expect.arrayContaining([
            `mysql ${database}.orders`,
            `mysql ${database}.journal`,
            `mysql ${database}.command_log`,
            `kafka ${topicPrefix}.orders.events`,
            expect.stringContaining(`cassandra ${keyspace}.`),
          ]),
        );
        expect(found.get('"event":"ready"')).toContain('log command-service.log');
      });
    });
  });
