import { UpdateCustomerRequest, UpdateCustomerResponse } from '@meridian/contracts';
import { customerErased, customerNotFound, updateCustomer } from '@meridian/domain-customers';
import { refuse } from '@meridian/kernel';
import { opensPersonalData, sealPersonalData, type KeyStore } from '@meridian/sealing';
import { decideAggregate } from '../../decide-aggregate.ts';
import { PrepareAgainError, type UseCase } from '../../use-case.ts';

/**
 * Replaces a customer's data. New data is sealed under the key that opens the customer's present data. The key is
 * looked up before the transaction. If another transaction has made the key since then, the command is prepared again.
 * Refused with CUSTOMER_KEY_LOST when the store has no such key.
 */
export function updateCustomerUseCase(
  keys: Pick<KeyStore, 'find'>,
): UseCase<UpdateCustomerRequest, UpdateCustomerResponse> {
  return {
    name: 'UpdateCustomer',
    request: UpdateCustomerRequest,
    answer: UpdateCustomerResponse,
    async prepare({ customerId, name, email, address, country, expectedVersion }) {
      const customer = { type: 'customer', id: customerId } as const;
      const found = await keys.find(customerId);
      const key = found.kind === 'present' ? found.key : undefined;
      const personalData = key && sealPersonalData(key, customerId, { name, email, address });
      return {
        locks: [customer],
        decide: (copy) =>
          decideAggregate(copy, customer, expectedVersion, (known) => {
            if (!known) return customerNotFound(customerId);
            if (known.erased) return customerErased(customerId);
            if (!key || !personalData || !opensPersonalData(key, customerId, known.personalData))
              throw new PrepareAgainError(keyLost(customerId).refusal);
            return updateCustomer(known, { customerId, personalData, country });
          }),
      };
    },
  };
}

function keyLost(customerId: string) {
  const message = `the key store has no key that opens the data of customer ${customerId}: restore it, or erase the customer`;
  return refuse('failed-precondition', 'CUSTOMER_KEY_LOST', message);
}
