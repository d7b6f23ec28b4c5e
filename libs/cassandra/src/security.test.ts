import { createServer } from 'node:net';
import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { secured } from './security.ts';
import { connectCassandra } from './session.ts';

/** The first byte of a TLS record that begins a handshake. */
const TLS_HANDSHAKE = 22;

it('says nothing to a node without TLS when an account is named', async () => {
  const said: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes: Buffer) => {
      said.push(bytes);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const account = { user: 'projector-orders', password: 'secret' };
  const connecting = connectCassandra({
    contactPoints: [`127.0.0.1:${port}`],
    localDataCenter: 'eu-west',
    security: { authority: rootCertificates.join('\n'), account },
  });
  await expect(connecting).rejects.toThrow();
  server.close();
  expect(said.length).toBeGreaterThan(0);
  for (const bytes of said) expect(bytes[0]).toBe(TLS_HANDSHAKE);
});

it('logs in with the password and trusts the authority of the moment', async () => {
  let [authority, password] = ['old authority', 'old'];
  const { sslOptions, authProvider } = secured({
    get authority() {
      return authority;
    },
    get account() {
      return { user: 'query-service', password };
    },
  });
  const said = () =>
    new Promise<string>((resolve, reject) => {
      authProvider
        ?.newAuthenticator('', 'PasswordAuthenticator')
        .initialResponse((error: Error | null, token: Buffer) =>
          error ? reject(error) : resolve(String(token)),
        );
    });
  expect([sslOptions?.ca, await said()]).toEqual(['old authority', '\0query-service\0old']);
  [authority, password] = ['new authority', 'new'];
  expect([sslOptions?.ca, await said()]).toEqual(['new authority', '\0query-service\0new']);
});
