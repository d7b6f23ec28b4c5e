import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { templatesFolder } from './folders.ts';

const template = (name: string) => readFileSync(join(templatesFolder(), name), 'utf8');

describe('the templates of deploy/engines', () => {
  it('keep MySQL as durable as its defaults are', () => {
    expect(template('mysql/my.cnf')).toMatch(/^innodb_flush_log_at_trx_commit = 1$/m);
    expect(template('mysql/my.cnf')).toMatch(/^sync_binlog = 1$/m);
  });

  it('close every port of closed engines', () => {
    expect(template('mysql/closed.cnf')).toMatch(/^require_secure_transport = ON$/m);
    expect(template('kafka/closed.properties')).not.toContain('PLAINTEXT');
    expect(template('kafka/closed.properties')).toMatch(/^allow\.everyone\.if\.no\.acl\.found=false$/m);
    expect(template('cassandra/closed.yaml').match(/^ {2}optional: false$/gm)).toHaveLength(2);
    expect(template('cassandra/closed.yaml')).not.toContain('AllowAll');
  });

  it('keep MySQL, which has no password, on loopback', () => {
    expect(template('mysql/my.cnf')).toMatch(/^bind-address = 127\.0\.0\.1$/m);
  });

  it('make no topic by a typing error', () => {
    expect(template('kafka/server.properties')).toMatch(/^auto\.create\.topics\.enable=false$/m);
  });

  it('pin one exact version of each library', () => {
    for (const engine of ['kafka', 'cassandra']) {
      const versions = [...template(`${engine}/pom.xml`).matchAll(/<version>(.*)<\/version>/g)].map(
        ([, text]) => text,
      );
      expect(versions.length).toBeGreaterThan(1);
      for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});
