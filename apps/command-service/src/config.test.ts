import { randomBytes } from 'node:crypto';
import { ConfigurationError } from '@meridian/service-host';
import { describe, expect, it } from 'vitest';
import { commandServiceConfig } from './config.ts';

const key = randomBytes(32).toString('base64');
const env = {
  MERIDIAN_MYSQL_URL: 'mysql://root@127.0.0.1:3306/',
  MERIDIAN_KAFKA_BROKERS: '127.0.0.1:9092',
  MERIDIAN_CASSANDRA: '127.0.0.1:9042',
  MERIDIAN_MASTER_KEY: key,
  MERIDIAN_FINGERPRINT_KEY: key,
};

function problemsOf(given: Readonly<Record<string, string>>): readonly string[] {
  try {
    commandServiceConfig(given);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('needs its engines and two keys; the rest has defaults', () => {
    expect(commandServiceConfig(env)).toMatchObject({
      MERIDIAN_MYSQL_DATABASE: 'meridian',
      MERIDIAN_KEYS_DATABASE: 'meridian_keys',
      MERIDIAN_REGIONS: ['eu-west', 'us-east'],
    });
  });

  it('refuses names that no schema or keyspace can have, beside all else that is wrong', () => {
    const wrong = {
      ...env,
      MERIDIAN_MYSQL_DATABASE: 'meri-dian',
      MERIDIAN_KEYS_DATABASE: 'meri-dian',
      MERIDIAN_KEYSPACE: 'Meridian.eu',
      MERIDIAN_REGIONS: 'eu-west,us-east,eu-west',
      MERIDIAN_RELAY: 'perhaps',
    };
    expect(problemsOf(wrong).map((problem) => problem.split(':')[0])).toEqual([
      'MERIDIAN_KEYSPACE',
      'MERIDIAN_KEYS_DATABASE',
      'MERIDIAN_KEYS_DATABASE',
      'MERIDIAN_MYSQL_DATABASE',
      'MERIDIAN_REGIONS',
      'MERIDIAN_RELAY',
    ]);
  });

  it('keeps the customers’ keys in a schema of their own', () => {
    expect(problemsOf({ ...env, MERIDIAN_KEYS_DATABASE: 'meridian' })).toEqual([
      'MERIDIAN_KEYS_DATABASE: must be another schema than MERIDIAN_MYSQL_DATABASE',
    ]);
  });
});
