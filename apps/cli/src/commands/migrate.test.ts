import { ConfigurationError } from '@meridian/service-host';
import { describe, expect, it } from 'vitest';
import { migrateConfig } from './migrate.ts';

const env = { MERIDIAN_MYSQL_URL: 'mysql://root@127.0.0.1:3306/', MERIDIAN_CASSANDRA: '127.0.0.1:9042' };

describe('what migrations are told', () => {
  it('needs the two stores; three replicas in each region are the default', () => {
    expect(migrateConfig(env)).toMatchObject({
      MERIDIAN_REGIONS: ['eu-west', 'us-east'],
      MERIDIAN_KEYSPACE_REPLICAS: 3,
    });
  });

  it('says all that is wrong at once', () => {
    const wrong = { MERIDIAN_KEYSPACE: 'a b', MERIDIAN_KEYSPACE_REPLICAS: '0' };
    let problems: readonly string[] = [];
    try {
      migrateConfig(wrong);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      ({ problems } = error);
    }
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'MERIDIAN_CASSANDRA',
      'MERIDIAN_KEYSPACE',
      'MERIDIAN_KEYSPACE_REPLICAS',
      'MERIDIAN_MYSQL_URL',
    ]);
  });
});
