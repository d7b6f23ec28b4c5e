import path from 'node:path';
import { readFileSync } from 'node:fs';
import { startEngines, writeSecret } from '@meridian/engines';
import {
  accessOf,
  closePlan,
  devKeysOf,
  issuerKeysFile,
  issueToken,
  kafkaAccounts,
  operatorAccess,
  prepareClosed,
  serviceAccounts,
  stackSecrets,
  type ClosedStack,
} from '@meridian/local-stack';
import type { BenchSystem } from './bench-system.ts';
import { systemOn } from './system-on.ts';

/** Longer than any run of the bench. */
const TOKEN_VALID_S = 86_400;
/** The load is one caller, and more at once than one caller may usually have. */
const CALLS_OF_THE_LOAD = '100000';

/**
 * Starts closed engines in a folder, with the certificates, accounts and rights of `meridian up --secure`. Services on
 * them run as in such a stack. The load calls them with the role `importer`.
 */
export async function startClosedSystem(
  folder: string,
  profileFolder: string | undefined,
  signal?: AbortSignal,
): Promise<BenchSystem> {
  const secrets = await stackSecrets(folder);
  const dataFolder = path.join(folder, 'engines');
  const engines = await startEngines({
    dataFolder,
    compiler: 'full',
    closed: { kafkaAccounts: kafkaAccounts(secrets) },
    onProgress: ({ message }) => process.stderr.write(`  closed ${message}\n`),
    signal,
  });
  if (!engines.closed) throw new Error(`the engines in ${dataFolder} are open`);
  const closed: ClosedStack = { folder, secrets, engines: engines.closed, keys: devKeysOf(folder) };
  const operator = operatorAccess(folder);
  const environment = engines.environment();
  return systemOn(engines, {
    dataFolder,
    profileFolder,
    mysql: {
      url: operator.mysqlUrl(environment['MERIDIAN_MYSQL_URL'] ?? ''),
      authority: readFileSync(engines.closed.authorityFile, 'utf8'),
    },
    security: operator.security,
    callers: await callerVariables(folder),
    async admit(space) {
      const names = {
        database: space,
        keysDatabase: `${space}_keys`,
        keyspace: space,
        topicPrefix: space,
      };
      const regions = Object.keys(engines.addresses.cassandra);
      await prepareClosed({ closed, regions, engines: environment, names, accounts: serviceAccounts() });
    },
    async environmentOf(plan) {
      const { environment: own } = await closePlan(
        { ...plan, environment: { ...closed.keys, ...plan.environment } },
        closed,
      );
      return {
        ...own,
        MERIDIAN_CALLS_PER_CALLER: CALLS_OF_THE_LOAD,
        MERIDIAN_TOKEN_LIFETIME_MS: String(TOKEN_VALID_S * 1_000),
      };
    },
  });
}

async function callerVariables(folder: string): Promise<Record<string, string>> {
  await issuerKeysFile(folder);
  const { authorityFile } = accessOf(folder);
  const tokenFile = path.join(path.dirname(authorityFile), 'bench-token');
  writeSecret(tokenFile, await issueToken(folder, { roles: ['importer'], validS: TOKEN_VALID_S }));
  return { BENCH_AUTHORITY_FILE: authorityFile, BENCH_TOKEN_FILE: tokenFile };
}
