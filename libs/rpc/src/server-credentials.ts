import { ServerCredentials } from '@grpc/grpc-js';
import type { Certificates, CertificateTexts } from './certificates.ts';

const MIN_VERSION = 'TLSv1.2';

/** A server's TLS, with certificates that may change: connections that are open go on, and new ones get the newest. */
class ChangingServerCredentials extends ServerCredentials {
  constructor(certificates: Certificates) {
    const texts = certificates.current();
    // Whoever brings a certificate that no authority has signed is treated as one who brings none.
    const asksForCertificate = texts.authority !== undefined;
    super(
      { requestCert: asksForCertificate, rejectUnauthorized: false, minVersion: MIN_VERSION },
      contextOf(texts),
    );
    certificates.onChange((newer) => {
      this.updateSecureContextOptions(contextOf(newer));
    });
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function contextOf({ certificate, key, authority }: CertificateTexts) {
  return { cert: certificate, key, ca: authority, minVersion: MIN_VERSION } as const;
}

/**
 * TLS 1.2 or newer with certificates that follow their files. With an authority, client certificates are asked for, and none is
 * demanded: whoever brings none may prove itself by a token.
 */
export function serverCredentials(certificates: Certificates): ServerCredentials {
  const { certificate, key } = certificates.current();
  if (!certificate || !key) throw new TypeError('a server with TLS needs a certificate and its key');
  return new ChangingServerCredentials(certificates);
}
