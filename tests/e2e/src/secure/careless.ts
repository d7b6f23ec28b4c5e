import { randomUUID } from 'node:crypto';
import type { MeridianClient } from '@meridian/client';
import type { RunningStack } from '@meridian/local-stack';
import { describe, expect, it } from 'vitest';
import { callersOf } from './callers.ts';
import type { Journey } from './journey.ts';

/** Callers whose mistakes carry what nobody else may read: their errors and the services' logs are searched later. */
export function describeCareless(stackOf: () => RunningStack, journey: Journey): void {
  const { customerId, person } = journey;
  const { as, ask, tokenOf } = callersOf(stackOf, journey);
  const reasonOf = (work: (client: MeridianClient) => Promise<unknown>) =>
    as(['customer'], work).then(
      () => 'no refusal',
      (error: unknown) => String(error),
    );
  const update = { requestId: String(randomUUID()), customerId, ...person };

  describe('callers of a closed stack who make mistakes', () => {
    it('are refused with fields that break the rules', async () => {
      const change = (fields: Partial<typeof update>) =>
        reasonOf(({ customers }) => customers.updateCustomer({ ...update, ...fields }));
      expect(await change({ requestId: 'garbage' })).toContain('INVALID_ARGUMENT');
      expect(await change({ email: `${person.email} and another` })).toContain('INVALID_ARGUMENT');
      expect(await change({ name: `${person.name} `.repeat(100) })).toContain('INVALID_ARGUMENT');
    });

    it('are refused with a request id that has other content', async () => {
      await as(['customer'], ({ customers }) => customers.updateCustomer(update));
      const other = { ...update, address: `${person.address}, first floor` };
      const refused = await reasonOf(({ customers }) => customers.updateCustomer(other));
      expect(refused).toContain('other content');
    });

    it('are refused when they register somebody again', async () => {
      const again = { ...update, requestId: randomUUID() };
      expect(await reasonOf(({ customers }) => customers.registerCustomer(again))).not.toBe('no refusal');
    });

    it('are refused with a token that was changed, or has expired', async () => {
      const good = await tokenOf(['customer'], { customerId });
      const changed = `${good.slice(0, -8)}AAAAAAAA`;
      expect(await ask(changed)).toBe('TOKEN_INVALID');
      expect(await ask(`${good} ${good}`)).toBeDefined();
      expect(await ask(await tokenOf(['customer'], { customerId, validS: -3_600 }))).toBe('TOKEN_EXPIRED');
    });
  });
}
