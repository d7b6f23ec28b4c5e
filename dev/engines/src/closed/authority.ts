import { createPrivateKey, generateKeyPair, randomBytes, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { cassandraNodes, MAX_NODES } from '../cassandra-nodes.ts';

/** A certificate and its private key, in PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 1_825;
const CERTIFICATE_DAYS = 90;
const RENEWED_BEFORE_DAYS = 30;
/** The addresses of this machine that engines and services listen on. */
const NAMES = ['localhost'];
const ADDRESSES = cassandraNodes(MAX_NODES).map(({ host }) => host);

const generate = promisify(generateKeyPair);

async function newKey() {
  const { privateKey } = await generate('rsa', { modulusLength: 2_048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const own = forge.pki.privateKeyFromPem(key);
  return { key, own, open: forge.pki.rsa.setPublicKey(own.n, own.e) };
}

/**
 * A serial number of these bytes. Its first byte is from 64 to 127: the number is positive, and has no zeros before it. A
 * certificate with zeros there cannot be read (DER has one form for each number).
 */
export function serialNumberOf(bytes: Buffer): string {
  const number = Buffer.from(bytes);
  number[0] = ((number[0] ?? 0) & 0x3f) | 0x40;
  return number.toString('hex');
}

function unsigned(name: string, days: number): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.serialNumber = serialNumberOf(randomBytes(16));
  certificate.validity.notBefore = new Date(Date.now() - 3_600_000);
  certificate.validity.notAfter = new Date(Date.now() + days * DAY_MS);
  certificate.setSubject([{ name: 'commonName', value: name }]);
  return certificate;
}

/** Makes an authority that signs certificates of one machine. */
export async function createAuthority(name: string): Promise<Identity> {
  const { key, own, open } = await newKey();
  const certificate = unsigned(name, AUTHORITY_DAYS);
  certificate.publicKey = open;
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(own, forge.md.sha256.create());
  return { key, certificate: forge.pki.certificateToPem(certificate) };
}

/** A certificate for 90 days, with a key of its own. Its subject's common name is `name`; it is good for this machine's addresses. */
export async function issueIdentity(authority: Identity, name: string): Promise<Identity> {
  const { key, open } = await newKey();
  const issuer = forge.pki.certificateFromPem(authority.certificate);
  const certificate = unsigned(name, CERTIFICATE_DAYS);
  certificate.publicKey = open;
  certificate.setIssuer(issuer.subject.attributes);
  const names = NAMES.map((value) => ({ type: 2, value }));
  const addresses = ADDRESSES.map((ip) => ({ type: 7, ip }));
  certificate.setExtensions([
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    { name: 'subjectAltName', altNames: [...names, ...addresses] },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create());
  return { key, certificate: forge.pki.certificateToPem(certificate) };
}

/** Whether an identity is whole, is signed by this authority, and holds for another 30 days. */
export function isFresh({ certificate, key }: Identity, authority: Identity): boolean {
  try {
    const parsed = new X509Certificate(certificate);
    if (!parsed.checkPrivateKey(createPrivateKey(key))) return false;
    if (!parsed.verify(new X509Certificate(authority.certificate).publicKey)) return false;
    return parsed.validToDate.getTime() - Date.now() > RENEWED_BEFORE_DAYS * DAY_MS;
  } catch {
    return false;
  }
}
