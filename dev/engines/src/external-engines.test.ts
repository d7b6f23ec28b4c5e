import { describe, expect, it } from 'vitest';
import { addressesOf, engineEnvironment } from './addresses.ts';
import { emptyState } from './engine-state.ts';
import { ExternalEnginesError } from './errors.ts';
import { externalEngines, externalStatus, parseExternal } from './external-engines.ts';

const environment = {
  MERIDIAN_MYSQL_URL: 'mysql://user:secret@db.example:3307/',
  MERIDIAN_KAFKA_BROKERS: 'k1.example:9092, k2.example:9092',
  MERIDIAN_REGIONS: 'eu-west,us-east',
  MERIDIAN_CASSANDRA_EU_WEST: 'c1.example:9042',
  MERIDIAN_CASSANDRA_US_EAST: 'c2.example:9042',
};

describe('external engines', () => {
  it('are read from the environment, home region first, and written back the same', () => {
    const addresses = parseExternal(environment);
    expect(Object.keys(addresses.cassandra)).toEqual(['eu-west', 'us-east']);
    expect(engineEnvironment(addresses)).toEqual({
      ...environment,
      MERIDIAN_KAFKA_BROKERS: 'k1.example:9092,k2.example:9092',
    });
  });

  it('report everything that is missing or malformed at once', () => {
    const read = () => parseExternal({ MERIDIAN_MYSQL_URL: 'http://x/', MERIDIAN_CASSANDRA_EU_WEST: 'c1' });
    expect(read).toThrow(ExternalEnginesError);
    expect(read).toThrow(
      /MERIDIAN_MYSQL_URL is not[^]*MERIDIAN_KAFKA_BROKERS is not set[^]*EU_WEST: c1 is not HOST:PORT[^]*US_EAST is not set/,
    );
  });

  it('report all that do not answer at once', async () => {
    const nobody = '127.0.0.1:1';
    const attempt = externalEngines({
      MERIDIAN_MYSQL_URL: `mysql://root@${nobody}/`,
      MERIDIAN_KAFKA_BROKERS: nobody,
      MERIDIAN_REGIONS: 'eu-west',
      MERIDIAN_CASSANDRA_EU_WEST: nobody,
    });
    await expect(attempt).rejects.toThrow(
      /no MySQL answers[^]*KAFKA_BROKERS: nothing answers[^]*EU_WEST: nothing/,
    );
  });
});

describe('the status of external engines', () => {
  it('names each with its address, without its password, and says that it is silent', async () => {
    const nobody = '127.0.0.1:1';
    const found = await externalStatus({
      MERIDIAN_MYSQL_URL: `mysql://root:secret@${nobody}/`,
      MERIDIAN_KAFKA_BROKERS: nobody,
      MERIDIAN_REGIONS: 'eu-west',
      MERIDIAN_CASSANDRA_EU_WEST: `${nobody},${nobody}`,
    });
    expect(found).toEqual([
      { name: 'mysql', state: 'silent', address: nobody },
      { name: 'kafka', state: 'silent', address: nobody },
      { name: 'cassandra-eu-west', state: 'silent', address: `${nobody},${nobody}` },
    ]);
  });
});

describe('the addresses of a state', () => {
  it('put a server that the user named before an own one', () => {
    const record = (client: number, host = '127.0.0.1') => ({
      launch: { command: 'c', args: [], cwd: '/', logFile: '/l' },
      host,
      ports: { client },
      from: 'x',
    });
    const engines = {
      mysql: record(3406),
      kafka: record(9192),
      'cassandra-eu-west': record(9142),
      'cassandra-us-east': record(9142, '127.0.0.2'),
    };
    const state = { ...emptyState('local'), engines };
    expect(addressesOf(state)).toEqual({
      mysqlUrl: 'mysql://root@127.0.0.1:3406/',
      kafkaBrokers: ['127.0.0.1:9192'],
      cassandra: { 'eu-west': '127.0.0.1:9142', 'us-east': '127.0.0.2:9142' },
    });
    expect(addressesOf({ ...state, givenMysqlUrl: 'mysql://db/' }).mysqlUrl).toBe('mysql://db/');
  });
});
