import { RegisterCustomerRequest, RegisterCustomerResponse } from '@meridian/contracts';
import { registerCustomer } from '@meridian/domain-customers';
import { newId, type Clock } from '@meridian/kernel';
import { sealPersonalData, type KeyStore } from '@meridian/sealing';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';

/**
 * Registers a customer; personal data is sealed before it comes near a transaction. The key is made in memory, and the
 * commit that registers the customer writes the key. So a repeat, a refusal or a full queue leaves no key behind.
 */
export function registerCustomerUseCase(
  keys: Pick<KeyStore, 'newKey'>,
  clock: Clock,
): UseCase<RegisterCustomerRequest, RegisterCustomerResponse> {
  return {
    name: 'RegisterCustomer',
    request: RegisterCustomerRequest,
    answer: RegisterCustomerResponse,
    prepare({ customerId: wanted, name, email, address, country }) {
      const customerId = wanted || newId();
      const customer = { type: 'customer', id: customerId } as const;
      const { key, statements } = keys.newKey(customerId);
      const personalData = sealPersonalData(key, customerId, { name, email, address });
      const registeredAt = clock();
      return {
        locks: [customer],
        decide(copy) {
          const decided = decideAggregate(copy, customer, undefined, (known) =>
            registerCustomer(known, { customerId, personalData, country, registeredAt }),
          );
          return { ...decided, alongside: statements };
        },
      };
    },
  };
}
