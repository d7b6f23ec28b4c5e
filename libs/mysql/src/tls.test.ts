import { once } from 'node:events';
import { Server } from 'node:net';
import { rootCertificates } from 'node:tls';
import mysql from 'mysql2';
import { expect, it } from 'vitest';
import { createPool } from './pool.ts';
import { migrate } from './migrate.ts';

it('sends no password to a server that offers no TLS, when its authority is named', async () => {
  let logins = 0;
  const server = mysql.createServer(() => undefined);
  server.on('connection', (connection) => {
    connection.on('error', () => undefined);
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: 'a test',
      connectionId: 1,
      statusFlags: 2,
      characterSet: 8,
      // Everything that a client may ask for, but not CLIENT_SSL (2,048).
      capabilityFlags: 0xff_ff_ff ^ 0x800,
      authCallback() {
        logins += 1;
      },
    });
  });
  server.listen(0);
  // mysql2 shows neither its own server's port nor when that server listens.
  const listener: unknown = Reflect.get(server, '_server');
  if (!(listener instanceof Server)) throw new TypeError('mysql2 has another server inside');
  await once(listener, 'listening');
  const port = Number(Object(listener.address()).port);
  const url = `mysql://relay:secret@127.0.0.1:${port}/`;
  const authority = rootCertificates.join('\n');
  const pool = createPool({ url, authority });
  await expect(pool.query('SELECT 1')).rejects.toThrow('secure connection');
  await expect(migrate({ url, authority, database: 'd', folder: '.' })).rejects.toThrow('secure connection');
  await pool.close();
  server.close(() => undefined);
  expect(logins).toBe(0);
});
