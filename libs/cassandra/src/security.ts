import cassandra from 'cassandra-driver';

/** How to connect to nodes that are closed. Its properties are asked for anew for every connection, so they may change. */
export interface CassandraSecurity {
  /** Whose signature on a node's certificate is trusted, in PEM. */
  readonly authority: string;
  readonly account?: { readonly user: string; readonly password: string } | undefined;
}

/** Gives every new connection the password of its moment; the driver's own provider keeps the first one. */
class CurrentPassword extends cassandra.auth.PlainTextAuthProvider {
  readonly #security: CassandraSecurity;

  constructor(security: CassandraSecurity) {
    super('', '');
    this.#security = security;
  }

  override newAuthenticator(endpoint: string, name: string): cassandra.auth.Authenticator {
    const { user = '', password = '' } = this.#security.account ?? {};
    return new cassandra.auth.PlainTextAuthProvider(user, password).newAuthenticator(endpoint, name);
  }
}

/** As the driver wants it. There is no fall-back: a node that speaks no TLS is not spoken to. */
export function secured(security: CassandraSecurity | undefined) {
  if (!security) return {};
  // The driver keeps this object, and reads it while it opens a connection.
  const sslOptions = {
    get ca() {
      return security.authority;
    },
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  } as const;
  return security.account ? { sslOptions, authProvider: new CurrentPassword(security) } : { sslOptions };
}
