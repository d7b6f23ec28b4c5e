import { randomBytes, randomUUID } from 'node:crypto';

/** What a journey on a closed stack is about, and what it has sent and was shown so far. */
export interface Journey {
  readonly customerId: string;
  readonly orderId: string;
  /** Whose data services keep to themselves. Nothing else on this machine looks like it. */
  readonly person: Person;
  /** Tokens of callers, good ones and bad ones. */
  readonly tokens: Set<string>;
  /** Errors as callers read them, and what commands print. */
  readonly shown: string[];
}

/** The personal data of a customer. */
export interface Person {
  readonly name: string;
  readonly email: string;
  readonly address: string;
  readonly country: string;
}

/** A person of whom no other run knows. */
export function somebody(): Person {
  const mark = randomBytes(6).toString('hex');
  return {
    name: `Anna Quill-${mark}`,
    email: `anna.quill-${mark}@example.org`,
    address: `17 Turnstile-${mark} Mews`,
    country: 'France',
  };
}

/** A journey that has not begun. */
export function newJourney(): Journey {
  const ids = { customerId: `anna-${randomUUID()}`, orderId: randomUUID() };
  return {
    customerId: ids.customerId,
    orderId: ids.orderId,
    person: somebody(),
    tokens: new Set(),
    shown: [],
  };
}
