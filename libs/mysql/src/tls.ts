/** TLS as the driver wants it, when there is an authority: its server has to prove itself, by its name too, or is not spoken to. */
export function tlsOf(authority: string | undefined) {
  if (authority === undefined) return {};
  const ssl = { ca: authority, rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' };
  return { ssl } as const;
}
