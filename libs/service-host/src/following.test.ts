import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { baseConfig } from './base-config.ts';
import { loadConfig } from './config.ts';
import {
  cassandraSecurity,
  kafkaSecurity,
  kafkaSecurityOf,
  mysqlAccessOf,
  mysqlSecurity,
} from './engine-config.ts';
import { field } from './fields.ts';

const folder = mkdtempSync(join(tmpdir(), 'following-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BEGIN = '-----BEGIN CERTIFICATE-----';
const shape = baseConfig.extend({
  MERIDIAN_MYSQL_URL: field.url('mysql:'),
  ...mysqlSecurity,
  ...kafkaSecurity,
  ...cassandraSecurity,
});

/** Variables that name files with these contents. */
function inFiles(contents: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(contents).map(([name, content]) => {
      const file = join(folder, name);
      writeFileSync(file, `${content}\n`);
      return [`${name}_FILE`, file];
    }),
  );
}
const change = (name: string, content: string) => writeFileSync(join(folder, name), content);

it('gives the password and the authority of the moment where they stand in files', () => {
  const config = loadConfig(shape, {
    MERIDIAN_MYSQL_URL: 'mysql://u@h/',
    MERIDIAN_KAFKA_USER: 'relay',
    ...inFiles({ MERIDIAN_KAFKA_PASSWORD: 'old', MERIDIAN_KAFKA_AUTHORITY: `${BEGIN} old` }),
  });
  const security = kafkaSecurityOf(config);
  expect(security).toEqual({ authority: `${BEGIN} old`, account: { user: 'relay', password: 'old' } });
  change('MERIDIAN_KAFKA_PASSWORD', 'new\n');
  change('MERIDIAN_KAFKA_AUTHORITY', `${BEGIN} new`);
  expect(security).toEqual({ authority: `${BEGIN} new`, account: { user: 'relay', password: 'new' } });
});

it('keeps the last usable value while a file is missing, empty or no such value', () => {
  const config = loadConfig(
    shape,
    inFiles({ MERIDIAN_MYSQL_URL: 'mysql://u:old@h/', MERIDIAN_MYSQL_AUTHORITY: `${BEGIN} old` }),
  );
  const { url, authority } = mysqlAccessOf(config);
  change('MERIDIAN_MYSQL_URL', '');
  change('MERIDIAN_MYSQL_AUTHORITY', 'half a cert');
  expect([url(), authority?.()]).toEqual(['mysql://u:old@h/', `${BEGIN} old`]);
  rmSync(join(folder, 'MERIDIAN_MYSQL_URL'));
  expect(url()).toBe('mysql://u:old@h/');
  change('MERIDIAN_MYSQL_URL', 'mysql://u:new@h/');
  expect(url()).toBe('mysql://u:new@h/');
});

it('keeps a value that stands in no file', () => {
  const { url, authority } = mysqlAccessOf(loadConfig(shape, { MERIDIAN_MYSQL_URL: 'mysql://u:given@h/' }));
  expect([url(), authority]).toEqual(['mysql://u:given@h/', undefined]);
});
