import { rootCertificates } from 'node:tls';
import { experimental, type ChannelCredentials } from '@grpc/grpc-js';
import type { Certificates, CertificateTexts } from './certificates.ts';

type Provider = experimental.CertificateProvider;
type OnAuthority = Parameters<Provider['addCaCertificateListener']>[0];
type OnIdentity = Parameters<Provider['addIdentityCertificateListener']>[0];

/** The authorities that Node.js trusts by itself. */
const KNOWN_AUTHORITIES = Buffer.from(rootCertificates.join('\n'));

/**
 * A client's TLS with certificates that follow their files: every new connection gets the newest. Without an authority of its own, it
 * trusts those that Node.js trusts. With a certificate, it proves itself by that.
 */
export function channelCredentials(certificates: Certificates): ChannelCredentials {
  const provider = providerOf(certificates);
  const proves = certificates.current().certificate !== undefined;
  return experimental.createCertificateProviderChannelCredentials(provider, proves ? provider : null);
}

function providerOf(certificates: Certificates): Provider {
  const stops = new Map<OnAuthority | OnIdentity, () => void>();
  const follow = <Listener extends OnAuthority | OnIdentity>(
    listener: Listener,
    tell: (texts: CertificateTexts) => void,
  ): void => {
    stops.set(listener, certificates.onChange(tell));
    tell(certificates.current());
  };
  const forget = (listener: OnAuthority | OnIdentity): void => {
    stops.get(listener)?.();
    stops.delete(listener);
  };
  return {
    addCaCertificateListener: (listener) =>
      follow(listener, ({ authority }) => listener({ caCertificate: authority ?? KNOWN_AUTHORITIES })),
    removeCaCertificateListener: forget,
    addIdentityCertificateListener: (listener) =>
      follow(listener, ({ certificate, key }) =>
        listener(certificate && key ? { certificate, privateKey: key } : null),
      ),
    removeIdentityCertificateListener: forget,
  };
}
