import path from 'node:path';
import { closedEnginesIn } from '@meridian/engines';
import { administratorSecurity, urlOf } from './closed-environment.ts';

/** How the tools of an operator connect to the engines of a stack; nothing where the engines are open. */
export interface OperatorAccess {
  /** For Kafka and Cassandra. */
  readonly security?: ReturnType<typeof administratorSecurity>;
  /** The URL of MySQL with the administrator's account. */
  mysqlUrl(url: string): string;
}

/** The administrator's way into the engines of a stack's folder. */
export function operatorAccess(folder: string): OperatorAccess {
  const engines = closedEnginesIn(path.join(folder, 'engines'));
  if (!engines) return { mysqlUrl: (url) => url };
  const { user, password } = engines.administrator;
  return { security: administratorSecurity(engines), mysqlUrl: (url) => urlOf(url, user, password) };
}
