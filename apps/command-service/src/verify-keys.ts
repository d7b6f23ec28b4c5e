import type { MysqlPool } from '@meridian/mysql';
import { createMasterKey, opensKeys } from '@meridian/sealing';
import { ConfigurationError } from '@meridian/service-host';
import { checkKeys, type CheckedKey } from '@meridian/write-store';
import type { CommandServiceConfig } from './config.ts';

const VARIABLES: Readonly<Record<CheckedKey, { variable: string; problem: string }>> = {
  fingerprint: {
    variable: 'MERIDIAN_FINGERPRINT_KEY',
    problem:
      'is not the key with which this system recognises repeated requests: with it, repeated commands would be refused as reused request ids. Set the key of the other replicas; docs/operations/runbook.md says how to change it',
  },
  master: {
    variable: 'MERIDIAN_MASTER_KEY',
    problem:
      'is not the key with which this system’s customer keys are wrapped: other replicas could not read what is sealed with it. Set the key of the other replicas; docs/operations/runbook.md says how to change it',
  },
};

/** Compares the keys with those that this system goes by: each has to be among the accepted ones. Throws ConfigurationError that names each
 * that is not. */
export async function verifyKeys(pool: MysqlPool, config: CommandServiceConfig): Promise<void> {
  const { MERIDIAN_FINGERPRINT_KEY: fingerprint, MERIDIAN_MASTER_KEY: master } = config;
  // What a fingerprint was made by cannot be found out afterwards: the first key that is told is believed.
  const isRight = async (name: CheckedKey) =>
    name === 'fingerprint' || opensKeys(pool, config.MERIDIAN_KEYS_DATABASE, createMasterKey(...master));
  const wrong = await checkKeys(pool, { fingerprint, master }, isRight);
  if (wrong.length === 0) return;
  throw new ConfigurationError(
    wrong.map((name) => `${VARIABLES[name].variable}: ${VARIABLES[name].problem}`),
  );
}
