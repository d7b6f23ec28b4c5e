import { createServer } from 'node:net';
import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
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
    ...{ contactPoints: [`127.0.0.1:${port}`], localDataCenter: 'eu-west' },
    security: { authority: rootCertificates.join('\n'), account },
  });
  await expect(connecting).rejects.toThrow();
  server.close();
  expect(said.length).toBeGreaterThan(0);
  for (const bytes of said) expect(bytes[0]).toBe(TLS_HANDSHAKE);
});
