import { randomUUID } from 'node:crypto';
import { failureOf } from '@meridian/client';
import { OrderStatus } from '@meridian/contracts';
import type { RunningStack } from '@meridian/local-stack';
import { describe, expect, it } from 'vitest';
import { at, bufCurl } from '../buf-curl.ts';
import { runCli } from '../cli.ts';
import { callersOf } from './callers.ts';
import type { Journey } from './journey.ts';

const PRICE = { currencyCode: 'GBP', amountMinor: 250n };

/** The first session of a caller of a closed stack, and that of callers who are refused. */
export function describeClosedSession(stackOf: () => RunningStack, journey: Journey): void {
  const { customerId, orderId, person } = journey;
  const productId = `lamp-${randomUUID()}`;
  const { as, ask, authorityFile, tokenOf } = callersOf(stackOf, journey);

  describe('a session with a closed stack', () => {
    it('places an order with tokens, and every region shows it', async () => {
      await as(['merchandiser'], (client) =>
        client.catalog.createProduct({ requestId: randomUUID(), productId, name: 'Lamp', price: PRICE }),
      );
      await as(['warehouse'], (client) =>
        client.inventory.receiveStock({
          requestId: randomUUID(),
          receiptId: randomUUID(),
          productId,
          quantity: 10n,
        }),
      );
      const token = await as(['customer'], async (client) => {
        await client.customers.registerCustomer({ requestId: randomUUID(), customerId, ...person });
        await client.orders.placeOrder({
          requestId: randomUUID(),
          orderId,
          customerId,
          lines: [{ productId, quantity: 2n }],
        });
        return client.token();
      });
      for (const region of stackOf().regions) {
        const { order } = await as(
          ['customer'],
          (client) => {
            client.see(token);
            return client.orders.getOrder({ orderId });
          },
          region,
        );
        expect(order?.summary?.status).toBe(OrderStatus.PLACED);
      }
    });

    it('answers buf curl with the authority and the token of a login', async () => {
      const wish = ['--role', 'customer', '--customer', customerId];
      const login = await runCli(stackOf().folder, 'login', ...wish).ended;
      expect(login.output).toContain('a token for customer');
      const headersFile = stackOf().access?.headersFile ?? '';
      const method = 'meridian.orders.v1.OrdersQueryService/GetOrder';
      const address = stackOf().addresses.query['us-east'] ?? '';
      const options = { headersFile, secured: { authorityFile: authorityFile() } };
      const result = await bufCurl(address, method, { orderId }, options);
      expect(result).toMatchObject({ ok: true });
      expect(at(result.ok ? result.answer : undefined, 'order', 'summary', 'orderId')).toBe(orderId);
    });

    it('refuses a call without a token, with the wrong role, and by a channel without TLS', async () => {
      const token = await tokenOf(['customer'], { customerId });
      expect(await ask(token)).toBeUndefined();
      expect(await ask(undefined)).toBe('TOKEN_MISSING');
      expect(await ask(await tokenOf(['merchandiser']))).toBe('METHOD_NOT_ALLOWED');
      expect(await ask(token, false)).toBe('UNAVAILABLE');
    });

    it('refuses a command of a role that may not give it', async () => {
      const price = { ...PRICE, amountMinor: 1n };
      const change = as(['warehouse'], (client) =>
        client.catalog.changePrice({ requestId: randomUUID(), productId, price }),
      );
      expect(failureOf(await change.catch((error: unknown) => error))?.reason).toBe('METHOD_NOT_ALLOWED');
    });
  });
}
