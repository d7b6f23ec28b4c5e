import { describe, expect, it } from 'vitest';
import { baseConfig } from './base-config.ts';
import { ConfigurationError, loadConfig, type Environment } from './config.ts';
import { field } from './fields.ts';

const shape = baseConfig.extend({
  MERIDIAN_GRPC_ADDRESS: field.hostPort(),
  MERIDIAN_KAFKA_BROKERS: field.hostPortList(),
  MERIDIAN_REGIONS: field.regionList().default(['eu-west']),
  MERIDIAN_MASTER_KEY: field.base64Key(32),
  MERIDIAN_MYSQL_URL: field.url('mysql:'),
  MERIDIAN_TIME_ZONE: field.timeZone().default('Europe/London'),
  MERIDIAN_KEYSPACE: field.keyspace().default('meridian'),
  MERIDIAN_MYSQL_DATABASE: field.database().default('meridian'),
});

const good: Environment = {
  MERIDIAN_GRPC_ADDRESS: '127.0.0.1:7001',
  MERIDIAN_KAFKA_BROKERS: '127.0.0.1:9092, broker:9092',
  MERIDIAN_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  MERIDIAN_MYSQL_URL: 'mysql://root@127.0.0.1:3306/',
  MERIDIAN_HTTP_PORT: '9100',
  MERIDIAN_TRACE_RATIO: '0.25',
  MERIDIAN_LOG_LEVEL: '',
  PATH: '/usr/bin',
};

function problems(env: Environment): readonly string[] {
  try {
    loadConfig(shape, env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('takes a key only as it was written down: no typing error makes another one', () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const mistyped = [
      ` ${key}`,
      key.slice(0, -1),
      `${key.slice(0, 5)}!${key.slice(5)}`,
      `${key.slice(0, 5)}\n${key.slice(5)}`,
      `${key.slice(0, -2)}d=`,
      key.replace('B', '_'),
    ];
    for (const value of mistyped)
      expect(problems({ ...good, MERIDIAN_MASTER_KEY: value, MERIDIAN_HTTP_PORT: 'x' }), value).toEqual([
        expect.stringContaining('MERIDIAN_HTTP_PORT'),
        'MERIDIAN_MASTER_KEY: must be 32 bytes in base64',
      ]);
  });

  it('takes several keys where one takes the place of another, and none twice', () => {
    const [one, two] = [1, 2].map((byte) => Buffer.alloc(32, byte));
    const keys = field.base64Keys(32);
    const texts = [one, two].map((key) => key?.toString('base64'));
    expect(keys.parse(texts[0])).toEqual([one]);
    expect(keys.parse(texts.join(','))).toEqual([one, two]);
    for (const bad of ['', `${texts[0]},`, `${texts[0]},${texts[0]}`, `${texts[0]}, ${texts[1]}`, 'c2hvcnQ='])
      expect(keys.safeParse(bad).success, bad).toBe(false);
  });

  it('reads numbers, lists, keys and defaults; what is set to nothing is not set', () => {
    expect(loadConfig(shape, good)).toEqual({
      MERIDIAN_GRPC_ADDRESS: '127.0.0.1:7001',
      MERIDIAN_KAFKA_BROKERS: ['127.0.0.1:9092', 'broker:9092'],
      MERIDIAN_REGIONS: ['eu-west'],
      MERIDIAN_MASTER_KEY: Buffer.alloc(32, 7),
      MERIDIAN_MYSQL_URL: 'mysql://root@127.0.0.1:3306/',
      MERIDIAN_TIME_ZONE: 'Europe/London',
      MERIDIAN_KEYSPACE: 'meridian',
      MERIDIAN_MYSQL_DATABASE: 'meridian',
      MERIDIAN_LOG_LEVEL: 'info',
      MERIDIAN_HTTP_PORT: 9100,
      MERIDIAN_HTTP_HOST: '127.0.0.1',
      MERIDIAN_DRAIN_MS: 20_000,
      MERIDIAN_SHUTDOWN_PAUSE_MS: 200,
      MERIDIAN_TRACES: 'none',
      MERIDIAN_TRACE_RATIO: 0.25,
    });
  });

  it('says all that is wrong at once, naming each variable, and never a value', () => {
    const secret = 'c2VjcmV0';
    const said = problems({
      ...good,
      MERIDIAN_GRPC_ADDRESS: undefined,
      MERIDIAN_KAFKA_BROKERS: 'broker',
      MERIDIAN_REGIONS: 'EU West',
      MERIDIAN_MASTER_KEY: secret,
      MERIDIAN_MYSQL_URL: 'http://x',
      MERIDIAN_TIME_ZONE: 'Mars/Olympus',
      MERIDIAN_KEYSPACE: 'a b',
      MERIDIAN_LOG_LEVEL: 'loud',
      MERIDIAN_HTTP_PORT: '70000',
      MERIDIAN_DRAIN_MS: '1e3',
      MERIDIAN_TRACES: 'somewhere',
      MERIDIAN_TRACE_RATIO: '2',
    });
    expect(said.map((line) => line.split(':')[0]).sort()).toEqual([
      'MERIDIAN_DRAIN_MS',
      'MERIDIAN_GRPC_ADDRESS',
      'MERIDIAN_HTTP_PORT',
      'MERIDIAN_KAFKA_BROKERS',
      'MERIDIAN_KEYSPACE',
      'MERIDIAN_LOG_LEVEL',
      'MERIDIAN_MASTER_KEY',
      'MERIDIAN_MYSQL_URL',
      'MERIDIAN_REGIONS',
      'MERIDIAN_TIME_ZONE',
      'MERIDIAN_TRACES',
      'MERIDIAN_TRACE_RATIO',
    ]);
    expect(said).toContain('MERIDIAN_GRPC_ADDRESS: is not set');
    expect(said).toContain('MERIDIAN_MASTER_KEY: must be 32 bytes in base64');
    expect(said.join('\n')).not.toContain(secret);
  });

  it('takes a pause before the listener closes only if it leaves time for the drain', () => {
    const drain = { ...good, MERIDIAN_DRAIN_MS: '9999' };
    const tooLong = 'MERIDIAN_SHUTDOWN_PAUSE_MS: must be at most half of MERIDIAN_DRAIN_MS';
    expect(problems({ ...good, MERIDIAN_SHUTDOWN_PAUSE_MS: '5000' })).toEqual([]);
    expect(problems({ ...drain, MERIDIAN_SHUTDOWN_PAUSE_MS: '5000' })).toEqual([tooLong]);
    expect(problems({ ...drain, MERIDIAN_SHUTDOWN_PAUSE_MS: '5000', MERIDIAN_HTTP_PORT: 'x' })).toHaveLength(
      2,
    );
    expect(problems({ ...good, MERIDIAN_DRAIN_MS: '300' })).toEqual([]);
  });

  it.each([
    ['MERIDIAN_KEYSPACE', 'Meridian', 'must be a keyspace: a letter, then a-z, 0-9, _, 40 at most'],
    ['MERIDIAN_KEYSPACE', 'meri.dian', 'must be a keyspace: a letter, then a-z, 0-9, _, 40 at most'],
    ['MERIDIAN_KEYSPACE', 'meri-dian', 'must be a keyspace: a letter, then a-z, 0-9, _, 40 at most'],
    ['MERIDIAN_KEYSPACE', 'k'.repeat(41), 'must be a keyspace: a letter, then a-z, 0-9, _, 40 at most'],
    ['MERIDIAN_MYSQL_DATABASE', 'meri-dian', 'must be a schema: letters, digits, _, 64 at most'],
    ['MERIDIAN_MYSQL_DATABASE', 'meri.dian', 'must be a schema: letters, digits, _, 64 at most'],
    ['MERIDIAN_REGIONS', 'eu-west, eu-west', 'must name no region twice'],
  ])('refuses what the start would refuse: %s %s', (variable, value, told) => {
    expect(problems({ ...good, [variable]: value })).toEqual([`${variable}: ${told}`]);
  });
});
