import { createServer, type Server } from 'node:net';
import { rootCertificates } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { secured } from './kafka-client.ts';
import { connectKafka } from './kafka.ts';
import { createMortalClient } from './mortal-client.ts';

/** The first byte of a TLS record that begins a handshake. */
const TLS_HANDSHAKE = 22;

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

/** A listener that speaks no TLS and hangs up, and all that clients have said to it. */
async function plainBroker(): Promise<{ readonly broker: string; readonly said: Buffer[] }> {
  const said: Buffer[] = [];
  const listening = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes: Buffer) => {
      said.push(bytes);
      socket.destroy();
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { broker: `127.0.0.1:${port}`, said };
}

it('says nothing to a broker without TLS when an account is named: no user, no password', async () => {
  const { broker, said } = await plainBroker();
  const account = { user: 'relay-of-orders', password: 'secret' };
  const security = { authority: rootCertificates.join('\n'), account };
  const kafka = connectKafka({ brokers: [broker], clientId: 'client-of-test', security });
  const mortal = createMortalClient(kafka);
  for (const client of [kafka, mortal.kafka]) {
    const before = said.length;
    // kafkajs tries again and again: what it says first is enough.
    client
      .admin()
      .connect()
      .catch(() => undefined);
    await expect.poll(() => said.length).toBeGreaterThan(before);
  }
  mortal.giveUp();
  for (const bytes of said) {
    expect(bytes[0]).toBe(TLS_HANDSHAKE);
    expect(bytes.toString('latin1')).not.toMatch(/relay-of-orders|client-of-test/);
  }
});

it('logs in with the password and trusts the authority of the moment', () => {
  let [authority, password] = ['old authority', 'old'];
  const { ssl, sasl } = secured({
    security: {
      get authority() {
        return authority;
      },
      get account() {
        return { user: 'relay', password };
      },
    },
  });
  expect(ssl).toMatchObject({ ca: 'old authority' });
  expect(sasl).toMatchObject({ username: 'relay', password: 'old' });
  [authority, password] = ['new authority', 'new'];
  expect(ssl).toMatchObject({ ca: 'new authority' });
  expect(sasl).toMatchObject({ username: 'relay', password: 'new' });
});
