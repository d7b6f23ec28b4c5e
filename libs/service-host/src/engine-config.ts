import { z } from 'zod';
import { following } from './following.ts';

const text = () => z.string().min(1);
const BEGIN = '-----BEGIN CERTIFICATE-----';
const authority = () => z.string().includes(BEGIN, 'must be a certificate in PEM');

/** How MySQL proves itself; the user and the password are in its URL. For `baseConfig.extend`. */
export const mysqlSecurity = {
  /** Whose signature on MySQL's certificate is trusted, in PEM. Set, every connection uses TLS or is not made. */
  MERIDIAN_MYSQL_AUTHORITY: authority().optional(),
};

/** How Kafka proves itself, and who asks it. */
export const kafkaSecurity = {
  MERIDIAN_KAFKA_AUTHORITY: authority().optional(),
  /** SASL with SCRAM-SHA-512. */
  MERIDIAN_KAFKA_USER: text().optional(),
  MERIDIAN_KAFKA_PASSWORD: text().optional(),
};

/** How Cassandra proves itself, and who asks it. */
export const cassandraSecurity = {
  MERIDIAN_CASSANDRA_AUTHORITY: authority().optional(),
  MERIDIAN_CASSANDRA_USER: text().optional(),
  MERIDIAN_CASSANDRA_PASSWORD: text().optional(),
};

/**
 * How to connect to an engine: whose signature on its certificate is trusted, and who asks. Properties that stand in files
 * are read again whenever they are asked for. So ask anew for each connection, and do not copy this object.
 */
export interface EngineSecurity {
  /** Certificates in PEM. */
  readonly authority: string;
  /** Nobody, when left out. */
  readonly account?: { readonly user: string; readonly password: string } | undefined;
}

/** How to connect to MySQL. Both functions read their file again, as for EngineSecurity. */
export interface MysqlAccess {
  /** The URL, with the user and the password. */
  readonly url: () => string;
  readonly authority: (() => string) | undefined;
}

const ENGINES = ['KAFKA', 'CASSANDRA'] as const;

/** What is wrong between the variables of the engines, whatever else may be. A password is never sent without TLS. */
export function engineProblems(set: Readonly<Record<string, string>>): readonly string[] {
  return ENGINES.flatMap((engine) => {
    const [authorityOf, user, password] = ['AUTHORITY', 'USER', 'PASSWORD'].map(
      (what) => `MERIDIAN_${engine}_${what}`,
    );
    if (!authorityOf || !user || !password) return [];
    const told: string[] = [];
    if (set[user] !== undefined && set[password] === undefined)
      told.push(`${password}: is not set beside ${user}`);
    if (set[password] !== undefined && set[user] === undefined)
      told.push(`${user}: is not set beside ${password}`);
    if (set[password] !== undefined && set[authorityOf] === undefined)
      told.push(`${authorityOf}: is not set, and a password is sent over TLS only`);
    return told;
  });
}

/** The security of connections to Kafka; undefined where the configuration asks for none. */
export function kafkaSecurityOf(
  config: z.output<z.ZodObject<typeof kafkaSecurity>>,
): EngineSecurity | undefined {
  const { MERIDIAN_KAFKA_AUTHORITY: trusted, MERIDIAN_KAFKA_USER: user } = config;
  return securityOf('KAFKA', config, { trusted, user, password: config.MERIDIAN_KAFKA_PASSWORD });
}

/** The security of connections to Cassandra; undefined where the configuration asks for none. */
export function cassandraSecurityOf(
  config: z.output<z.ZodObject<typeof cassandraSecurity>>,
): EngineSecurity | undefined {
  const { MERIDIAN_CASSANDRA_AUTHORITY: trusted, MERIDIAN_CASSANDRA_USER: user } = config;
  return securityOf('CASSANDRA', config, { trusted, user, password: config.MERIDIAN_CASSANDRA_PASSWORD });
}

/** How a service connects to MySQL. */
export function mysqlAccessOf(
  config: z.output<z.ZodObject<typeof mysqlSecurity>> & { readonly MERIDIAN_MYSQL_URL: string },
): MysqlAccess {
  const { MERIDIAN_MYSQL_URL: url, MERIDIAN_MYSQL_AUTHORITY: trusted } = config;
  return {
    url: following(config, 'MERIDIAN_MYSQL_URL', url, (value) => URL.canParse(value)),
    authority: trusted === undefined ? undefined : authorityOf('MYSQL', config, trusted),
  };
}

const authorityOf = (engine: string, config: object, trusted: string) =>
  following(config, `MERIDIAN_${engine}_AUTHORITY`, trusted, (value) => value.includes(BEGIN));

interface SecurityTexts {
  readonly trusted: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

function securityOf(
  engine: (typeof ENGINES)[number],
  config: object,
  { trusted, user, password }: SecurityTexts,
): EngineSecurity | undefined {
  if (trusted === undefined) return undefined;
  const authorityNow = authorityOf(engine, config, trusted);
  const accountNow = accountOf(engine, config, user, password);
  return {
    get authority() {
      return authorityNow();
    },
    get account() {
      return accountNow?.();
    },
  };
}

function accountOf(
  engine: (typeof ENGINES)[number],
  config: object,
  user: string | undefined,
  password: string | undefined,
): (() => NonNullable<EngineSecurity['account']>) | undefined {
  if (user === undefined || password === undefined) return undefined;
  const userNow = following(config, `MERIDIAN_${engine}_USER`, user);
  const passwordNow = following(config, `MERIDIAN_${engine}_PASSWORD`, password);
  return () => ({ user: userNow(), password: passwordNow() });
}
