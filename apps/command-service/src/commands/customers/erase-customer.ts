import { EraseCustomerRequest, EraseCustomerResponse } from '@meridian/contracts';
import { eraseCustomer } from '@meridian/domain-customers';
import { decideOne } from '../../decide-one.ts';
import type { UseCase } from '../../use-case.ts';

/** Erases a customer. Its key is destroyed after the commit, before the caller is answered. */
export const eraseCustomerUseCase: UseCase<EraseCustomerRequest, EraseCustomerResponse> = {
  name: 'EraseCustomer',
  request: EraseCustomerRequest,
  answer: EraseCustomerResponse,
  prepare({ customerId, expectedVersion }) {
    const customer = { type: 'customer', id: customerId } as const;
    return {
      locks: [customer],
      decide: (copy) =>
        decideOne(copy, customer, expectedVersion, (state) => eraseCustomer(state, { customerId })),
    };
  },
};
