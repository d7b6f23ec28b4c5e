import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';

/** A certificate and its private key, in PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate is for. */
export interface Wanted {
  /** The common name of its subject. */
  readonly name: string;
  /** True: its key is its own. Else it is the one that all others share: making keys takes most of a test's time. */
  readonly ownKey?: boolean;
}

/** An authority for tests, which signs certificates of this machine's addresses. */
export interface TestAuthority {
  readonly certificate: string;
  issue(wanted: Wanted): Identity;
}

const DAY_MS = 86_400_000;

function keyPair() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const privateForge = forge.pki.privateKeyFromPem(key);
  return { key, privateForge, publicForge: forge.pki.rsa.setPublicKey(privateForge.n, privateForge.e) };
}

let shared: ReturnType<typeof keyPair> | undefined;
const sharedPair = (): ReturnType<typeof keyPair> => (shared ??= keyPair());

function unsigned(name: string): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  // A first byte from 64 to 127: a positive number without zeros before it, which could not be read.
  certificate.serialNumber = `4${randomBytes(16).toString('hex').slice(1)}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + 30 * DAY_MS);
  certificate.setSubject([{ name: 'commonName', value: name }]);
  return certificate;
}

/** Makes an authority whose keys exist in this process only. */
export function createTestAuthority(name: string): TestAuthority {
  const { privateForge, publicForge } = keyPair();
  const own = unsigned(name);
  own.publicKey = publicForge;
  own.setIssuer(own.subject.attributes);
  own.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'keyUsage', keyCertSign: true },
  ]);
  own.sign(privateForge, forge.md.sha256.create());
  return {
    certificate: forge.pki.certificateToPem(own),
    issue({ name: subject, ownKey = false }) {
      const pair = ownKey ? keyPair() : sharedPair();
      const certificate = unsigned(subject);
      certificate.publicKey = pair.publicForge;
      certificate.setIssuer(own.subject.attributes);
      certificate.setExtensions([
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ]);
      certificate.sign(privateForge, forge.md.sha256.create());
      return { certificate: forge.pki.certificateToPem(certificate), key: pair.key };
    },
  };
}

/** The files of certificates of a test, in a folder of their own. */
export interface TestFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly authorityFile: string;
  /** Replaces files, each as a whole. */
  write(texts: Partial<Identity> & { readonly authority?: string }): void;
}

/** Writes an identity and the authorities to trust into files. */
export function certificateFiles(identity: Identity, authority: string): TestFiles {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-certificates-'));
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  const authorityFile = join(folder, 'authority.pem');
  const put = (file: string, text: string | undefined): void => {
    if (text === undefined) return;
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  const write: TestFiles['write'] = ({ certificate, key, authority: trusted }) => {
    put(certificateFile, certificate);
    put(keyFile, key);
    put(authorityFile, trusted);
  };
  write({ ...identity, authority });
  return { certificateFile, keyFile, authorityFile, write };
}
