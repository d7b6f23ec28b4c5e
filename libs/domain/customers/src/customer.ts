import type { EventOf, SealedPersonalData } from '@meridian/contracts';
import { accept, refuse, type Decision } from '@meridian/kernel';

/** A customer as the rules see it. Personal data arrives here sealed, and is not opened. */
export interface Customer {
  readonly customerId: string;
  /** All fields are empty after an erasure. */
  readonly personalData: SealedPersonalData;
  readonly country: string;
  readonly erased: boolean;
  readonly registeredAt: Date;
}

/** The events of a customer. */
export type CustomerEvent = EventOf<'CustomerRegistered' | 'CustomerUpdated' | 'CustomerErased'>;

const NOTHING = Buffer.alloc(0);

/** Registers a customer. Refused when the id is taken, by an erased customer too: CUSTOMER_EXISTS. */
export function registerCustomer(
  state: Customer | undefined,
  command: { customerId: string; personalData: SealedPersonalData; country: string; registeredAt: Date },
): Decision<CustomerEvent> {
  if (state)
    return refuse('already-exists', 'CUSTOMER_EXISTS', `customer ${command.customerId} exists already`);
  return accept({ type: 'CustomerRegistered', data: { ...command } });
}

/** Replaces a customer's data. Refused for an unknown or erased customer. */
export function updateCustomer(
  state: Customer | undefined,
  command: { customerId: string; personalData: SealedPersonalData; country: string },
): Decision<CustomerEvent> {
  if (!state) return customerNotFound(command.customerId);
  if (state.erased) return customerErased(command.customerId);
  return accept({ type: 'CustomerUpdated', data: { ...command } });
}

/** Erases a customer. Refused for an unknown customer and when it was erased before. */
export function eraseCustomer(
  state: Customer | undefined,
  { customerId }: { customerId: string },
): Decision<CustomerEvent> {
  if (!state) return customerNotFound(customerId);
  if (state.erased) return customerErased(customerId);
  return accept({ type: 'CustomerErased', data: { customerId } });
}

/** The customer after one of its events. Throws when the event cannot follow the state. */
export function evolveCustomer(state: Customer | undefined, event: CustomerEvent): Customer {
  const { customerId } = event.data;
  if (event.type === 'CustomerRegistered') {
    const { personalData, country, registeredAt } = event.data;
    if (state || !personalData || !registeredAt)
      throw new Error(`CustomerRegistered cannot follow for ${customerId}`);
    return { customerId, personalData, country, registeredAt, erased: false };
  }
  if (!state || state.erased) throw new Error(`${event.type} cannot follow for customer ${customerId}`);
  if (event.type === 'CustomerErased') {
    return { ...state, personalData: { name: NOTHING, email: NOTHING, address: NOTHING }, erased: true };
  }
  const { personalData, country } = event.data;
  if (!personalData) throw new Error(`CustomerUpdated without data for customer ${customerId}`);
  return { ...state, personalData, country };
}

/** The refusal for a customer that does not exist. */
export function customerNotFound(customerId: string): ReturnType<typeof refuse> {
  return refuse('not-found', 'CUSTOMER_NOT_FOUND', `there is no customer ${customerId}`);
}

/** The refusal for a customer that was erased. */
export function customerErased(customerId: string): ReturnType<typeof refuse> {
  return refuse('failed-precondition', 'CUSTOMER_ERASED', `customer ${customerId} was erased`);
}
