import { z } from 'zod';

const text = () => z.string().min(1);
const authority = () => z.string().includes('-----BEGIN CERTIFICATE-----', 'must be a certificate in PEM');

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

/** How to connect to an engine: whose signature on its certificate is trusted, and who asks. */
export interface EngineSecurity {
  /** Certificates in PEM. */
  readonly authority: string;
  /** Nobody, when left out. */
  readonly account?: { readonly user: string; readonly password: string };
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
  const { MERIDIAN_KAFKA_USER: user, MERIDIAN_KAFKA_PASSWORD: password } = config;
  return securityOf(config.MERIDIAN_KAFKA_AUTHORITY, user, password);
}

/** The security of connections to Cassandra; undefined where the configuration asks for none. */
export function cassandraSecurityOf(
  config: z.output<z.ZodObject<typeof cassandraSecurity>>,
): EngineSecurity | undefined {
  const { MERIDIAN_CASSANDRA_USER: user, MERIDIAN_CASSANDRA_PASSWORD: password } = config;
  return securityOf(config.MERIDIAN_CASSANDRA_AUTHORITY, user, password);
}

function securityOf(
  authorityText: string | undefined,
  user: string | undefined,
  password: string | undefined,
): EngineSecurity | undefined {
  if (authorityText === undefined) return undefined;
  const isKnown = user !== undefined && password !== undefined;
  return { authority: authorityText, ...(isKnown ? { account: { user, password } } : {}) };
}
