/** The driver's TLS options. */
export interface TlsOptions {
  readonly ssl?: {
    readonly ca: string;
    readonly rejectUnauthorized: true;
    readonly verifyIdentity: true;
    readonly minVersion: 'TLSv1.2';
  };
}

/**
 * TLS options for the driver, when there is an authority. The server's certificate must be signed by this
 * authority, and must name the host. Otherwise no connection is made.
 */
export function tlsOf(authority: string | undefined): TlsOptions {
  if (authority === undefined) return {};
  return {
    ssl: { ca: authority, rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' },
  };
}
