import { operatorAccess, type StackState } from '@meridian/local-stack';
import {
  cassandraSecurity,
  cassandraSecurityOf,
  engineProblems,
  kafkaSecurity,
  kafkaSecurityOf,
  loadConfig,
  mysqlSecurity,
  type EngineSecurity,
  type Environment,
} from '@meridian/service-host';
import { z } from 'zod';

/** How an operator's command enters the engines. Where an engine is open, it has no security. */
export interface EngineAccess {
  /** With user and password where MySQL is closed. */
  readonly mysqlUrl?: string | undefined;
  /** Whose signature on MySQL's certificate is trusted. */
  readonly mysqlAuthority?: string | undefined;
  readonly brokers?: string | undefined;
  readonly kafka?: EngineSecurity | undefined;
  readonly cassandra?: EngineSecurity | undefined;
}

const shape = z.object({
  MERIDIAN_MYSQL_URL: z.string().optional(),
  MERIDIAN_KAFKA_BROKERS: z.string().optional(),
  ...mysqlSecurity,
  ...kafkaSecurity,
  ...cassandraSecurity,
});

/**
 * The access that the environment gives, by the variables of the services; each may name a file (NAME_FILE). Throws
 * ConfigurationError with every problem at once.
 */
export function environmentAccess(environment: Environment): EngineAccess {
  const config = loadConfig(shape, environment, engineProblems);
  return {
    mysqlUrl: config.MERIDIAN_MYSQL_URL,
    mysqlAuthority: config.MERIDIAN_MYSQL_AUTHORITY,
    brokers: config.MERIDIAN_KAFKA_BROKERS,
    kafka: kafkaSecurityOf(config),
    cassandra: cassandraSecurityOf(config),
  };
}

/** The administrator's access to the engines of the stack in a folder, running or not. */
export function stackAccess(folder: string, { engineEnvironment: engines }: StackState): EngineAccess {
  const { security, mysqlUrl } = operatorAccess(folder);
  const url = engines['MERIDIAN_MYSQL_URL'];
  return {
    mysqlUrl: url === undefined ? undefined : mysqlUrl(url),
    mysqlAuthority: security?.authority,
    brokers: engines['MERIDIAN_KAFKA_BROKERS'],
    kafka: security,
    cassandra: security,
  };
}
