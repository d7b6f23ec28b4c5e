import { ConfigurationError } from '@meridian/service-host';
import { projectorConfig } from '@meridian/projector-host';
import { migrateConfig } from '../../../apps/cli/src/commands/migrate.ts';
import { commandServiceConfig } from '../../../apps/command-service/src/config.ts';
import { queryServiceConfig } from '../../../apps/query-service/src/config.ts';

type Given = Readonly<Record<string, string>>;

/** Reads an environment as the service does. */
function readerOf(service: string): ((given: Given) => object) | undefined {
  if (service === 'command-service') return commandServiceConfig;
  if (service === 'query-service') return queryServiceConfig;
  if (service === 'cli') return migrateConfig;
  return service.startsWith('projector-') ? projectorConfig : undefined;
}

const KEY = Buffer.alloc(32, 1).toString('base64');
const EXAMPLES: Given = {
  MERIDIAN_MYSQL_URL: 'mysql://user:password@mysql:3306/',
  MERIDIAN_MASTER_KEY: KEY,
  MERIDIAN_FINGERPRINT_KEY: KEY,
  MERIDIAN_PAGE_TOKEN_KEY: KEY,
  MERIDIAN_KAFKA_BROKERS: 'kafka:9092',
  MERIDIAN_CASSANDRA: 'cassandra:9042',
  MERIDIAN_REGION: 'eu-west',
};

const CERTIFICATE = '-----BEGIN CERTIFICATE-----';
/** Of closed engines. They are no examples for all: a service that reads one of them needs others beside it. */
const OF_CLOSED_ENGINES: Given = {
  MERIDIAN_MYSQL_AUTHORITY: CERTIFICATE,
  MERIDIAN_KAFKA_AUTHORITY: CERTIFICATE,
  MERIDIAN_KAFKA_PASSWORD: 'password',
  MERIDIAN_CASSANDRA_AUTHORITY: CERTIFICATE,
  MERIDIAN_CASSANDRA_PASSWORD: 'password',
};

/** A value that a secret could have; empty for what no service reads as a secret. */
export function exampleOf(name: string): string {
  return EXAMPLES[name] ?? OF_CLOSED_ENGINES[name] ?? '';
}

/** What a service's own reader of its environment finds wrong, and what it does not read at all. */
export function problemsOf(service: string, given: Given): readonly string[] {
  const read = readerOf(service);
  if (!read) return [`something, and there is no service ${service}`];
  try {
    const taken = Object.keys(read(given));
    return Object.keys(given)
      .filter((name) => !taken.includes(name))
      .map((name) => `${name}, which ${service} does not read`);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

/** Whether a service reads a variable. */
export function reads(service: string, name: string): boolean {
  return problemsOf(service, { ...EXAMPLES, [name]: exampleOf(name) }).every(
    (problem) => !problem.startsWith(`${name},`),
  );
}
