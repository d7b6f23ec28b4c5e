import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stackNames } from '@meridian/local-stack';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { withStack } from './commands/keys/rotate.ts';
import { readersOf, storesOf } from './engine-stores.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'meridian-stores-'));
const AUTHORITY = '-----BEGIN CERTIFICATE-----\nof the stack\n-----END CERTIFICATE-----\n';
const OTHER = '-----BEGIN CERTIFICATE-----\nof production\n-----END CERTIFICATE-----\n';
const administrator = { authority: AUTHORITY, account: { user: 'administrator', password: 'pass-word' } };

/** The variables of closed engines that are not the stack's. */
const production = {
  MERIDIAN_MYSQL_URL: 'mysql://operator:of-production@db.example.org/',
  MERIDIAN_MYSQL_AUTHORITY: OTHER,
  MERIDIAN_KAFKA_BROKERS: 'kafka.example.org:9092',
  MERIDIAN_KAFKA_AUTHORITY: OTHER,
  MERIDIAN_KAFKA_USER: 'operator',
  MERIDIAN_KAFKA_PASSWORD: 'of-production',
  MERIDIAN_CASSANDRA: 'cassandra.example.org:9042',
  MERIDIAN_CASSANDRA_AUTHORITY: OTHER,
  MERIDIAN_CASSANDRA_USER: 'operator',
  MERIDIAN_CASSANDRA_PASSWORD: 'of-production',
};
const operator = { authority: OTHER, account: { user: 'operator', password: 'of-production' } };

beforeAll(() => {
  const security = path.join(folder, 'engines/security');
  mkdirSync(path.join(security, 'passwords'), { recursive: true });
  writeFileSync(path.join(security, 'closed'), '');
  writeFileSync(path.join(security, 'authority.crt'), AUTHORITY);
  writeFileSync(path.join(security, 'passwords/administrator'), 'pass-word\n');
  const engineEnvironment = {
    MERIDIAN_MYSQL_URL: 'mysql://root@127.0.0.1:3306/',
    MERIDIAN_KAFKA_BROKERS: 'localhost:9092',
    MERIDIAN_CASSANDRA_EU_WEST: '127.0.0.1:9042',
  };
  const regions = ['eu-west', 'us-east'];
  const state = {
    engineMode: 'local',
    regions,
    names: stackNames(),
    engineEnvironment,
    services: [],
    closed: true,
  };
  writeFileSync(path.join(folder, 'stack.json'), JSON.stringify(state));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => vi.stubEnv('MERIDIAN_STACK_FOLDER', folder));
afterEach(() => vi.unstubAllEnvs());

describe('the stores of an operator’s command', () => {
  it('are those of the closed stack, entered as its administrator, whatever the environment names', () => {
    expect(readersOf({}, production)).toMatchObject({
      mysqlUrl: 'mysql://administrator:pass-word@localhost:3306/',
      mysqlAuthority: AUTHORITY,
      kafkaSecurity: administrator,
      cassandraSecurity: administrator,
    });
  });

  it('get nothing of the stack’s administrator where an option names another engine', () => {
    const others = { mysql: 'mysql://other/', kafka: 'other:9092', cassandra: 'other:9042' };
    const found = readersOf(others, {});
    expect(found).toMatchObject({ mysqlUrl: 'mysql://other/', brokers: ['other:9092'] });
    expect(JSON.stringify(found)).not.toContain('pass-word');
    expect(JSON.stringify(found)).not.toContain('of the stack');
    expect(readersOf({ kafka: 'other:9092' }, production)).toMatchObject({
      kafkaSecurity: operator,
      cassandraSecurity: administrator,
    });
  });

  it('are those of the environment where there is no stack', () => {
    vi.stubEnv('MERIDIAN_STACK_FOLDER', path.join(folder, 'no-stack'));
    expect(readersOf({}, production)).toMatchObject({
      mysqlUrl: production.MERIDIAN_MYSQL_URL,
      mysqlAuthority: OTHER,
      kafkaSecurity: operator,
      cassandraSecurity: operator,
    });
    const { MERIDIAN_KAFKA_AUTHORITY: _authority, ...withoutTls } = production;
    expect(() => storesOf({}, withoutTls)).toThrow('a password is sent over TLS only');
  });

  it('need not be named where a command does not use them', () => {
    vi.stubEnv('MERIDIAN_STACK_FOLDER', path.join(folder, 'no-stack'));
    const journal = storesOf({}, { MERIDIAN_MYSQL_URL: 'mysql://db/' });
    expect(journal).toMatchObject({ mysqlUrl: 'mysql://db/', database: 'meridian' });
    expect(() => journal.brokers).toThrow('set MERIDIAN_KAFKA_BROKERS');
    const readModels = readersOf({}, { MERIDIAN_CASSANDRA: 'cassandra:9042' });
    expect(readModels).toMatchObject({ contactPoints: ['cassandra:9042'], keyspace: 'meridian' });
    expect(() => readModels.mysqlUrl).toThrow('set MERIDIAN_MYSQL_URL');
    expect(() => readersOf({}, {})).toThrow('set MERIDIAN_CASSANDRA');
  });

  it('are those of the stack for a rotation of keys, unless the environment names MySQL', () => {
    const MERIDIAN_MASTER_KEY = 'new,old';
    const elsewhere = { MERIDIAN_CASSANDRA: 'other:9042', MERIDIAN_CASSANDRA_PASSWORD_FILE: '/other' };
    const found = withStack(folder, { MERIDIAN_MASTER_KEY, ...elsewhere });
    expect(found).not.toHaveProperty('MERIDIAN_CASSANDRA_PASSWORD_FILE');
    expect(found).toMatchObject({
      MERIDIAN_MASTER_KEY,
      MERIDIAN_REGIONS: 'eu-west,us-east',
      MERIDIAN_CASSANDRA: '127.0.0.1:9042',
      MERIDIAN_CASSANDRA_AUTHORITY: AUTHORITY,
      MERIDIAN_CASSANDRA_USER: 'administrator',
      MERIDIAN_CASSANDRA_PASSWORD: 'pass-word',
      MERIDIAN_KEYSPACE: 'meridian',
      MERIDIAN_MYSQL_URL: 'mysql://administrator:pass-word@localhost:3306/',
      MERIDIAN_MYSQL_AUTHORITY: AUTHORITY,
      MERIDIAN_KEYS_DATABASE: 'meridian_keys',
    });
    expect(withStack(folder, production)).toBe(production);
  });
});
