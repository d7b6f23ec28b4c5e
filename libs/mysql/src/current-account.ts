import type { Pool } from 'mysql2/promise';
import { tlsOf } from './tls.ts';

/** A value, or what gives the value of the moment. */
export type Current<T> = T | (() => T);

/** The value of the moment. */
export const now = <T extends string | undefined>(value: Current<T>): T =>
  typeof value === 'function' ? value() : value;

/** The account and the authority of a pool's connections. */
export interface CurrentAccess {
  readonly url: Current<string>;
  readonly authority?: Current<string> | undefined;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * Lets every new connection of a pool log in with the user, the password and the authority of its moment. The server
 * stays that of the first URL. mysql2 has no option for it. It copies the settings of a pool, with their getters, for
 * each connection. Throws when mysql2 keeps its settings elsewhere.
 */
export function followAccess(pool: Pool, { url, authority }: CurrentAccess): void {
  if (typeof url !== 'function' && typeof authority !== 'function') return;
  const config: unknown = Reflect.get(pool.pool.config, 'connectionConfig');
  if (!isObject(config) || !('password' in config))
    throw new TypeError('mysql2 keeps the settings of connections elsewhere');
  const account = (part: 'username' | 'password') => decodeURIComponent(new URL(now(url))[part]);
  // As long as the authority is the same, connections share one object, and with it one TLS context.
  let known = tlsOf(now(authority));
  Object.defineProperties(config, {
    user: { get: () => account('username'), enumerable: true },
    password: { get: () => account('password'), enumerable: true },
    ssl: {
      get() {
        const trusted = now(authority);
        if (trusted !== known.ssl?.ca) known = tlsOf(trusted);
        return known.ssl;
      },
      enumerable: true,
    },
  });
}
