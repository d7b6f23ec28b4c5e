import { EraseCustomerRequest, EraseCustomerResponse } from '@meridian/contracts';
import { eraseCustomer } from '@meridian/domain-customers';
import type { KeyStore } from '@meridian/sealing';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';

/** Erases a customer. The key is destroyed by the same commit: neither is ever without the other. */
export function eraseCustomerUseCase(
  keys: Pick<KeyStore, 'destruction'>,
): UseCase<EraseCustomerRequest, EraseCustomerResponse> {
  return {
    name: 'EraseCustomer',
    request: EraseCustomerRequest,
    answer: EraseCustomerResponse,
    prepare({ customerId, expectedVersion }) {
      const customer = { type: 'customer', id: customerId } as const;
      return {
        locks: [customer],
        decide(copy) {
          const decided = decideAggregate(copy, customer, expectedVersion, (state) =>
            eraseCustomer(state, { customerId }),
          );
          return { ...decided, alongside: keys.destruction(customerId) };
        },
      };
    },
  };
}
