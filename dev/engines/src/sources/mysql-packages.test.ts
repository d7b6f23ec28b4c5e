import { describe, expect, it } from 'vitest';
import { newestPackage, packageDifferences, privateAptConfiguration, totalBytes } from './mysql-packages.ts';
import { isAtLeast, mysqlVersion } from './version.ts';

describe('the packages of MySQL', () => {
  it('are sought by a private apt that knows nothing of the machine', () => {
    const lines = privateAptConfiguration('/cache/x').split('\n');
    expect(lines).toContain('Dir::State::status "/cache/x/status";');
    expect(lines).toContain('Dir::Etc::sourceparts "-";');
  });

  it('come from the newest of the names they have', () => {
    const shown = `Package: mysql-server-core-8.4\nVersion: 8.4.10-1\n\nPackage: mysql-server-core\nVersion: 1:9.7.4-2\n`;
    expect(newestPackage(shown)).toEqual({ name: 'mysql-server-core', version: '9.7.4-2' });
    expect(newestPackage('')).toBeUndefined();
  });

  it('are counted in bytes before they are fetched', () => {
    const printed = `Reading package lists...\n'http://m/a.deb' a_1_amd64.deb 1000 SHA256:aa\n'http://m/b.deb' b_1_all.deb 24 SHA256:bb`;
    expect(totalBytes(printed)).toBe(1024);
  });

  it('differ between two fetches by name and by content', () => {
    const fetch = (files: Record<string, string>) => ({ suite: 'sid', package: 'p', version: '1', files });
    const before = fetch({ 'a.deb': '1', 'b.deb': '2' });
    expect(packageDifferences(before, before)).toEqual([]);
    expect(packageDifferences(before, fetch({ 'a.deb': '9', 'c.deb': '3' }))).toEqual([
      'a.deb has another content than before',
      'b.deb is no longer there',
      'c.deb is new',
    ]);
  });
});

describe('versions', () => {
  it.each([
    ['9.7.4-2', '8.4', true],
    ['8.4.0', '8.4', true],
    ['8.10.1', '8.4', true],
    ['8.0.43', '8.4', false],
    ['8', '8.4', false],
  ])('%s at least %s: %s', (version, least, expected) => {
    expect(isAtLeast(version, least)).toBe(expected);
  });

  it('are read from mysqld, and MariaDB has none', () => {
    expect(mysqlVersion('/usr/sbin/mysqld  Ver 8.4.7 for Linux on x86_64')).toBe('8.4.7');
    expect(mysqlVersion('mysqld  Ver 10.11.6-MariaDB-0 for debian-linux-gnu')).toBeUndefined();
  });
});
