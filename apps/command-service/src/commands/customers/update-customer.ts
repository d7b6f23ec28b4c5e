import { UpdateCustomerRequest, UpdateCustomerResponse } from '@meridian/contracts';
import { customerErased, customerNotFound, updateCustomer } from '@meridian/domain-customers';
import { sealPersonalData, type KeyStore } from '@meridian/sealing';
import { decideOne } from '../../decide-one.ts';
import type { UseCase } from '../../use-case.ts';

/** Replaces a customer's data. */
export function updateCustomerUseCase(
  keys: KeyStore,
): UseCase<UpdateCustomerRequest, UpdateCustomerResponse> {
  return {
    name: 'UpdateCustomer',
    request: UpdateCustomerRequest,
    answer: UpdateCustomerResponse,
    async prepare({ customerId, name, email, address, country, expectedVersion }) {
      const customer = { type: 'customer', id: customerId } as const;
      const state = await keys.find(customerId);
      const personalData =
        state.kind === 'present'
          ? sealPersonalData(state.key, customerId, { name, email, address })
          : undefined;
      return {
        locks: [customer],
        decide: (copy) =>
          decideOne(copy, customer, expectedVersion, (known) => {
            if (personalData) return updateCustomer(known, { customerId, personalData, country });
            return known ? customerErased(customerId) : customerNotFound(customerId);
          }),
      };
    },
  };
}
