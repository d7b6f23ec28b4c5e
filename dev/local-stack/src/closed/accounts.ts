import type { Account, Secrets } from '@meridian/engines';
import { projectorNames } from '../service-plan.ts';

/** The accounts of all services of a closed stack, in every engine. */
export const serviceAccounts = (): readonly string[] => [
  'command-service',
  'query-service',
  ...projectorNames('separate'),
];

/** The same with their passwords, which Kafka wants to know at its first start. */
export const kafkaAccounts = (secrets: Secrets): readonly Account[] =>
  serviceAccounts().map((user) => ({ user, password: secrets.password(user).text }));
