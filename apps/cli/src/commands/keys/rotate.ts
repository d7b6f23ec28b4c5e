import { cassandraVariable } from '@meridian/engines';
import { readStackState } from '@meridian/local-stack';
import { createPool, type MysqlPool } from '@meridian/mysql';
import { createMasterKey, keysThatCameBack, rotateKeys } from '@meridian/sealing';
import { engineProblems, field, loadConfig, type Environment } from '@meridian/service-host';
import { moveKeyCheck } from '@meridian/write-store';
import type { z } from 'zod';
import { stackAccess } from '../../engine-access.ts';
import { say } from '../../output.ts';
import { connectHome, storesShape } from '../../stores-config.ts';

/** The home region is asked which keys are destroyed. */
const shape = storesShape.extend({
  /** The new key first, then every key that may have wrapped a customer's key. */
  MERIDIAN_MASTER_KEY: field.base64Keys(32),
  /** As command-service has it; needed with --fingerprints only. */
  MERIDIAN_FINGERPRINT_KEY: field.base64Keys(32).optional(),
});

/** What `meridian keys rotate` is told by its environment. */
export type RotateConfig = z.output<typeof shape>;

/** Reads the configuration. Throws ConfigurationError with every problem at once. */
export function rotateConfig(env: Environment): RotateConfig {
  return loadConfig(shape, env, engineProblems);
}

/**
 * The environment, with MySQL, Cassandra and the names of a folder's stack where the environment names no MySQL. The keys
 * always come from the environment.
 */
export function withStack(folder: string, env: Environment): Environment {
  const stack = readStackState(folder);
  if (!stack || env['MERIDIAN_MYSQL_URL'] || env['MERIDIAN_MYSQL_URL_FILE']) return env;
  const { mysqlUrl, mysqlAuthority, cassandra } = stackAccess(folder, stack);
  const {
    MERIDIAN_MYSQL_AUTHORITY_FILE: _mysqlAuthority,
    MERIDIAN_CASSANDRA_AUTHORITY_FILE: _authority,
    MERIDIAN_CASSANDRA_USER_FILE: _user,
    MERIDIAN_CASSANDRA_PASSWORD_FILE: _password,
    ...others
  } = env;
  return {
    ...others,
    MERIDIAN_MYSQL_URL: mysqlUrl,
    MERIDIAN_MYSQL_AUTHORITY: mysqlAuthority,
    MERIDIAN_MYSQL_DATABASE: stack.names.database,
    MERIDIAN_KEYS_DATABASE: stack.names.keysDatabase,
    MERIDIAN_REGIONS: stack.regions.join(','),
    MERIDIAN_CASSANDRA: stack.engineEnvironment[cassandraVariable(stack.regions[0] ?? '')],
    MERIDIAN_CASSANDRA_AUTHORITY: cassandra?.authority,
    MERIDIAN_CASSANDRA_USER: cassandra?.account?.user,
    MERIDIAN_CASSANDRA_PASSWORD: cassandra?.account?.password,
    MERIDIAN_KEYSPACE: stack.names.keyspace,
  };
}

/** What else to do, and when to stop. */
export interface RotateRun {
  /** Whether replicas need not accept the older fingerprint keys any more. */
  readonly fingerprints: boolean;
  readonly signal?: AbortSignal;
  tell?(line: string): void;
}

const TELL_EVERY_MS = 5_000;

/**
 * Wraps every customer's key by the first master key, beside services that run. Then replicas have to accept that key, and need no
 * other. Resolves with whether both was done; may be ended and run again. Wraps nothing while keys of erased customers are back
 * after a restore. Wrapped again, such a key would be later than its destruction, and every region would take it.
 */
export async function rotate(config: RotateConfig, run: RotateRun): Promise<boolean> {
  const { fingerprints, signal, tell = say } = run;
  const masterKey = createMasterKey(...config.MERIDIAN_MASTER_KEY);
  const pool = createPool({
    url: config.MERIDIAN_MYSQL_URL,
    authority: config.MERIDIAN_MYSQL_AUTHORITY,
    database: config.MERIDIAN_MYSQL_DATABASE,
    connectionLimit: 2,
  });
  let quietUntilMs = 0;
  const tellNowAndThen = (line: string): void => {
    if (performance.now() < quietUntilMs) return;
    quietUntilMs = performance.now() + TELL_EVERY_MS;
    tell(line);
  };
  try {
    const cameBack = await countCameBack(config, pool);
    if (cameBack > 0) {
      tell(
        `nothing is wrapped: a restored MySQL has brought back ${cameBack} keys that the region has destroyed; run \`meridian journal erase-again\` first`,
      );
      return false;
    }
    const wrapped = await rotateKeys({
      pool,
      schema: config.MERIDIAN_KEYS_DATABASE,
      masterKey,
      signal,
      onPage: (seen, again) => tellNowAndThen(`${seen} keys looked at, ${again} wrapped again`),
      onWaiting: (lacking) => tellNowAndThen(`waiting: regions still lack ${lacking} keys or more`),
    });
    tell(`${wrapped} keys wrapped again; every region has all keys under the master key ${masterKey.id}`);
    if (!(await moveKeyCheck(pool, 'master', config.MERIDIAN_MASTER_KEY))) {
      tell('MERIDIAN_MASTER_KEY: add the key that replicas use now; it is none of these keys');
      return false;
    }
    tell('from now on, replicas need only this master key: take the older ones out of MERIDIAN_MASTER_KEY');
    return fingerprints ? await moveFingerprints(config, pool, tell) : true;
  } finally {
    await pool.close();
  }
}

/** How many keys MySQL has that the region knows as destroyed. Reads all of the region's copies. */
async function countCameBack(config: RotateConfig, pool: MysqlPool): Promise<number> {
  const session = await connectHome(config);
  try {
    const [schema, keyspace] = [config.MERIDIAN_KEYS_DATABASE, `${config.MERIDIAN_KEYSPACE}_keys`];
    let count = 0;
    for await (const _customerId of keysThatCameBack({ pool, schema, session, keyspace })) count++;
    return count;
  } finally {
    await session.close();
  }
}

async function moveFingerprints(
  { MERIDIAN_FINGERPRINT_KEY: keys }: RotateConfig,
  pool: Parameters<typeof moveKeyCheck>[0],
  tell: (line: string) => void,
): Promise<boolean> {
  if (!keys) {
    tell('MERIDIAN_FINGERPRINT_KEY is not set: set it as for command-service, the new key first');
    return false;
  }
  const moved = await moveKeyCheck(pool, 'fingerprint', keys);
  tell(
    moved
      ? 'from now on, replicas need only the first fingerprint key: take the older ones out of MERIDIAN_FINGERPRINT_KEY'
      : 'MERIDIAN_FINGERPRINT_KEY: add the key that replicas use now; it is none of these keys',
  );
  return moved;
}
