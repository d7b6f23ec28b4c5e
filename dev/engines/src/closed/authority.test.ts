import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority, issueIdentity, serialNumberOf } from './authority.ts';

describe('a certificate', () => {
  it('can be read whatever bytes its serial number is made of', async () => {
    const bytes = [Buffer.alloc(16), Buffer.alloc(16, 0xff), Buffer.from('007f'.repeat(8), 'hex')];
    for (const serialNumber of bytes.map(serialNumberOf)) expect(serialNumber).toMatch(/^[4-7][0-9a-f]{31}$/);
    const authority = await createAuthority('an authority');
    const { certificate } = await issueIdentity(authority, 'a service');
    const issued = new X509Certificate(certificate);
    expect(issued.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(issued.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  });
});
