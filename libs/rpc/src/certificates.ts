import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Log } from './caller-errors.ts';

/** Where certificates are, in PEM. A file may change at any time, and is then read again. */
export interface CertificateFiles {
  /** One's own certificate, followed by those between it and the authority's. */
  readonly certificateFile?: string | undefined;
  /** The private key of that certificate. */
  readonly keyFile?: string | undefined;
  /** The certificates of the authorities whose signature is trusted. */
  readonly authorityFile?: string | undefined;
  /** How often the files are looked at. 10,000 by default. */
  readonly refreshMs?: number | undefined;
}

/** What the files held when they last were usable together. */
export interface CertificateTexts {
  readonly certificate: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly authority: Buffer | undefined;
}

/** Certificates that follow their files. */
export interface Certificates {
  /** What is usable now. */
  current(): CertificateTexts;
  /** Calls back at every change, until the function that it gives is called. */
  onChange(listener: (texts: CertificateTexts) => void): () => void;
  /** Reads the files no more. */
  close(): void;
}

const REFRESH_MS = 10_000;

/**
 * Reads certificates and goes on looking at their files. Files change one after the other. Files that cannot be read or
 * do not fit together, such as a new certificate beside the old key, are logged and not taken over. Whatever was usable
 * stays in use until all files are usable again, so that no connection is refused meanwhile. (grpc-js has a provider
 * that watches files. It refuses every connection for as long as they do not fit.) Throws when the files are not usable
 * at first.
 */
export function openCertificates(files: CertificateFiles, log?: Log): Certificates {
  let current = usable(readNow(files), files);
  let problem: string | undefined;
  let isLooking = false;
  const listeners = new Set<(texts: CertificateTexts) => void>();

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      const texts = usable(await readAll(files), files);
      problem = undefined;
      if (isSame(texts, current)) return;
      current = texts;
      for (const listener of listeners) listener(texts);
      log?.info({ event: 'certificates', validTo: validTo(texts) }, 'new certificates are in use');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== problem)
        log?.error(
          { event: 'certificates', problem: message },
          'new certificates are not usable; the old ones stay',
        );
      problem = message;
    } finally {
      isLooking = false;
    }
  }
  const timer = setInterval(() => void look(), files.refreshMs ?? REFRESH_MS).unref();

  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      clearInterval(timer);
      listeners.clear();
    },
  };
}

/** Once, when a service starts or a client connects. */
function readNow({ certificateFile, keyFile, authorityFile }: CertificateFiles): CertificateTexts {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file));
  return { certificate: read(certificateFile), key: read(keyFile), authority: read(authorityFile) };
}

async function readAll({
  certificateFile,
  keyFile,
  authorityFile,
}: CertificateFiles): Promise<CertificateTexts> {
  const read = async (file: string | undefined) => (file === undefined ? undefined : readFile(file));
  const [certificate, key, authority] = await Promise.all([
    read(certificateFile),
    read(keyFile),
    read(authorityFile),
  ]);
  return { certificate, key, authority };
}

/** Gives texts back that fit together. Throws what is wrong with them. */
function usable(texts: CertificateTexts, { certificateFile, keyFile }: CertificateFiles): CertificateTexts {
  const { certificate, key, authority } = texts;
  if ((certificate === undefined) !== (key === undefined))
    throw new Error('a certificate and its key are named together, or neither is');
  if (certificate && key && !new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
    throw new Error(`${keyFile ?? ''} is not the key of ${certificateFile ?? ''}`);
  // Throws for what OpenSSL cannot use.
  createSecureContext({ cert: certificate, key, ca: authority });
  return texts;
}

function isSame(a: CertificateTexts, b: CertificateTexts): boolean {
  const same = (one?: Buffer, other?: Buffer) =>
    one === other || (one && other && one.equals(other)) === true;
  return same(a.certificate, b.certificate) && same(a.key, b.key) && same(a.authority, b.authority);
}

function validTo({ certificate }: CertificateTexts): string | undefined {
  return certificate && new X509Certificate(certificate).validTo;
}
