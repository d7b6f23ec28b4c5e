import { createHash } from 'node:crypto';
import type { RunningEngines } from '@meridian/engines';
import type { BenchSystem } from './bench-system.ts';
import { systemOn } from './system-on.ts';

const KEYS = ['MERIDIAN_MASTER_KEY', 'MERIDIAN_FINGERPRINT_KEY', 'MERIDIAN_PAGE_TOKEN_KEY'];

/** The same in every run: a database that is kept refuses a service with other keys. */
const keyOf = (name: string) => createHash('sha256').update(`bench ${name}`).digest('base64');

/** The system on open engines that run: nobody needs an account, a certificate or a token. */
export function systemOnOpen(
  engines: RunningEngines,
  folders: { readonly dataFolder: string; readonly profileFolder: string | undefined },
): BenchSystem {
  const keys = Object.fromEntries(KEYS.map((name) => [name, keyOf(name)]));
  return systemOn(engines, {
    ...folders,
    mysql: { url: engines.environment()['MERIDIAN_MYSQL_URL'] ?? '' },
    security: undefined,
    callers: {},
    admit: () => Promise.resolve(),
    environmentOf: async ({ environment }) => ({ ...keys, ...environment }),
  });
}
