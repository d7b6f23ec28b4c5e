import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSecrets } from './secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'meridian-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const open = () => openSecrets(join(folder, 'own'), 'an authority');
const mode = (file: string) => statSync(file).mode & 0o777;

describe('openSecrets', () => {
  it('issues certificates that its authority has signed, for this machine and 90 days', async () => {
    const secrets = await open();
    const { certificateFile } = await secrets.identity('kafka');
    const certificate = new X509Certificate(readFileSync(certificateFile));
    expect(certificate.verify(new X509Certificate(readFileSync(secrets.authorityFile)).publicKey)).toBe(true);
    expect(certificate.subject).toBe('CN=kafka');
    expect([certificate.checkHost('localhost'), certificate.checkIP('127.0.0.2')]).not.toContain(undefined);
    expect(certificate.validToDate.getTime() - Date.now()).toBeLessThanOrEqual(90 * 86_400_000);
  });

  it('gives the same certificate and password again, and lets nobody else read them', async () => {
    const [first, second] = [await open(), await open()];
    const one = await first.identity('mysql');
    const before = readFileSync(one.bothFile, 'utf8');
    const two = await second.identity('mysql');
    expect(readFileSync(two.bothFile, 'utf8')).toBe(before);
    expect(second.password('mysql').text).toBe(first.password('mysql').text);
    expect(first.password('kafka').text).not.toBe(first.password('mysql').text);
    for (const file of [one.keyFile, one.bothFile, first.password('mysql').file])
      expect(mode(file)).toBe(0o600);
    expect(mode(first.folder)).toBe(0o700);
  });

  it('makes a certificate again that is no longer whole', async () => {
    const secrets = await open();
    const files = await secrets.identity('cassandra');
    writeFileSync(files.certificateFile, 'damaged');
    await secrets.identity('cassandra');
    expect(readFileSync(files.certificateFile, 'utf8')).toContain('BEGIN CERTIFICATE');
  });

  it('refuses a name that is a path', async () => {
    const secrets = await open();
    expect(() => secrets.password('../kafka')).toThrow('is no name');
    await expect(secrets.identity('authority')).rejects.toThrow('is no name');
  });
});
