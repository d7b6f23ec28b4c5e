import { readFileSync } from 'node:fs';
import type { ClosedEngines, Secrets } from '@meridian/engines';
import type { DevKeys } from '../dev-keys.ts';
import type { ServicePlan } from '../service-plan.ts';
import { DEVELOPMENT_ISSUER, issuerKeysFile } from './issuer.ts';
import { accountOf } from './rights.ts';
import { inFile, keysInFiles } from './stack-secrets.ts';

/** A closed stack, as its services are told of it. */
export interface ClosedStack {
  readonly folder: string;
  readonly secrets: Secrets;
  readonly engines: ClosedEngines;
  readonly keys: DevKeys;
}

type Variables = Readonly<Record<string, string>>;

/** The variables of an account in Kafka and Cassandra. */
function accountVariables(engine: 'KAFKA' | 'CASSANDRA', user: string, closed: ClosedStack): Variables {
  return {
    [`MERIDIAN_${engine}_AUTHORITY_FILE`]: closed.engines.authorityFile,
    [`MERIDIAN_${engine}_USER`]: user,
    [`MERIDIAN_${engine}_PASSWORD_FILE`]: closed.secrets.password(user).file,
  };
}

/** The variables of an account in MySQL. `url` names the server; the account is in the file alone. */
export function mysqlVariables(url: string, user: string, { secrets, engines }: ClosedStack): Variables {
  return {
    MERIDIAN_MYSQL_AUTHORITY_FILE: engines.authorityFile,
    ...inFile(secrets.folder, 'MERIDIAN_MYSQL_URL', urlOf(url, user, secrets.password(user).text), user),
  };
}

export const cassandraVariables = (user: string, closed: ClosedStack): Variables =>
  accountVariables('CASSANDRA', user, closed);

/** A server's URL for one account. By its name, because the server's certificate is checked by name. */
export function urlOf(url: string, user: string, password: string): string {
  const own = new URL(url);
  Object.assign(own, { hostname: 'localhost', username: user, password });
  return own.href;
}

/** The plan of a service as it runs closed: every secret in a file, and nothing asked or answered without TLS. */
export async function closePlan(plan: ServicePlan, closed: ClosedStack): Promise<ServicePlan> {
  const { secrets, keys } = closed;
  const user = accountOf(plan.name);
  const { MERIDIAN_MYSQL_URL: url, ...open } = plan.environment;
  const isSecret = (name: string) => Object.hasOwn(keys, name);
  const kept = Object.fromEntries(Object.entries(open).filter(([name]) => !isSecret(name)));
  const hasKeys = Object.keys(open).some(isSecret);
  const environment = {
    ...kept,
    ...(hasKeys ? keysInFiles(secrets.folder, keys) : {}),
    ...accountVariables('KAFKA', user, closed),
    ...accountVariables('CASSANDRA', user, closed),
    ...(url === undefined ? {} : { ...mysqlVariables(url, user, closed), MERIDIAN_MIGRATE: 'off' }),
    ...(await (plan.name.startsWith('projector') ? callerVariables : listenerVariables)(plan.name, closed)),
  };
  return { ...plan, environment };
}

/** Of a service that is called: who may call it. */
async function listenerVariables(name: string, { folder, secrets }: ClosedStack): Promise<Variables> {
  const { certificateFile, keyFile } = await secrets.identity(name);
  return {
    MERIDIAN_ACCESS: 'closed',
    MERIDIAN_TLS_CERTIFICATE_FILE: certificateFile,
    MERIDIAN_TLS_KEY_FILE: keyFile,
    MERIDIAN_TLS_CLIENT_AUTHORITY_FILE: secrets.authorityFile,
    MERIDIAN_TOKEN_ISSUER: DEVELOPMENT_ISSUER,
    MERIDIAN_TOKEN_KEYS_FILE: await issuerKeysFile(folder),
    // As long as `meridian login` makes them at most: a day's work on one's own machine.
    MERIDIAN_TOKEN_LIFETIME_MS: String(12 * 3_600_000),
    // For the first session with buf curl; the contract is public anyway.
    MERIDIAN_REFLECTION: 'on',
  };
}

/** Of a service that calls another: how it proves itself. */
async function callerVariables(name: string, { secrets }: ClosedStack): Promise<Variables> {
  const { certificateFile, keyFile } = await secrets.identity(name);
  return {
    MERIDIAN_CLIENT_AUTHORITY_FILE: secrets.authorityFile,
    MERIDIAN_CLIENT_CERTIFICATE_FILE: certificateFile,
    MERIDIAN_CLIENT_KEY_FILE: keyFile,
    MERIDIAN_CLIENT_SERVER_NAME: 'localhost',
  };
}

/** The administrator's way into Kafka and Cassandra. */
export function administratorSecurity({ authorityFile, administrator: { user, password } }: ClosedEngines) {
  return { authority: readFileSync(authorityFile, 'utf8'), account: { user, password } };
}
