import { randomBytes } from 'node:crypto';
import { ConfigurationError } from '@meridian/service-host';
import { describe, expect, it } from 'vitest';
import { commandServiceConfig, replicaName } from './config.ts';

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

describe('the name of a replica', () => {
  const PODS = ['abcde', 'fghij'].map(
    (pod) => `meridian-production-command-service-eu-west-7d9f8b6c5d-${pod}`,
  );

  it.each([...PODS, 'a', '', '-', 'höst_1.example', `${'x'.repeat(23)}.${'-'.repeat(40)}`])(
    'is one that the configuration takes, on a host called %s',
    (host) => {
      const name = replicaName(host);
      expect(commandServiceConfig({ ...env, MERIDIAN_REPLICA: name }).MERIDIAN_REPLICA).toBe(name);
    },
  );

  it('keeps the end of the name of its host, and differs also where hosts and processes do not', () => {
    const names = [...PODS, ...PODS].map(replicaName);
    expect(new Set(names).size).toBe(4);
    expect(names[0]).toContain('7d9f8b6c5d-abcde-');
    expect(commandServiceConfig(env).MERIDIAN_REPLICA).not.toBe(commandServiceConfig(env).MERIDIAN_REPLICA);
  });
});
