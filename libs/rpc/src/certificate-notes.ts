import type { PeerCertificate } from 'node:tls';
import type { ServerInterceptor } from '@grpc/grpc-js';
import { CERTIFICATE_KEY } from './access.ts';
import { PassingCall } from './passing-call.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,55}$/;

/**
 * Notes whom a call's client certificate names, where the check of callers can read it. It replaces whatever a caller
 * may have put there. The library grpc-js shows only certificates that an authority of the server has signed. A call
 * that brings a token is not asked for a certificate.
 */
export const certificateNotes: ServerInterceptor = (_method, call) =>
  new PassingCall(call, {
    start(next) {
      next({
        onReceiveMetadata(metadata, deliver) {
          metadata.remove(CERTIFICATE_KEY);
          const hasToken = metadata.get('authorization').length > 0;
          const name = hasToken ? undefined : nameIn(call.getAuthContext().sslPeerCertificate);
          if (name !== undefined) metadata.set(CERTIFICATE_KEY, name);
          deliver(metadata);
        },
      });
    },
  });

/** The common name of a certificate's subject, when it is one name that the journal takes. */
function nameIn(certificate: PeerCertificate | undefined): string | undefined {
  const name: unknown = certificate?.subject?.CN;
  return typeof name === 'string' && NAME.test(name) ? name : undefined;
}
