import { RegisterCustomerRequest, RegisterCustomerResponse } from '@meridian/contracts';
import { registerCustomer } from '@meridian/domain-customers';
import { newId, refuse, type Clock } from '@meridian/kernel';
import { sealPersonalData, type KeyStore } from '@meridian/sealing';
import { decideOne } from '../../decide-one.ts';
import type { UseCase } from '../../use-case.ts';

/** Registers a customer; personal data is sealed before it comes near a transaction. */
export function registerCustomerUseCase(
  keys: KeyStore,
  clock: Clock,
): UseCase<RegisterCustomerRequest, RegisterCustomerResponse> {
  return {
    name: 'RegisterCustomer',
    request: RegisterCustomerRequest,
    answer: RegisterCustomerResponse,
    async prepare({ customerId: wanted, name, email, address, country }) {
      const customerId = wanted || newId();
      const customer = { type: 'customer', id: customerId } as const;
      const state = await keys.getOrCreate(customerId);
      const personalData =
        state.kind === 'present'
          ? sealPersonalData(state.key, customerId, { name, email, address })
          : undefined;
      const registeredAt = clock();
      return {
        locks: [customer],
        decide: (copy) =>
          decideOne(copy, customer, undefined, (known) =>
            personalData
              ? registerCustomer(known, { customerId, personalData, country, registeredAt })
              : refuse('already-exists', 'CUSTOMER_EXISTS', `customer ${customerId} exists already`),
          ),
      };
    },
  };
}
