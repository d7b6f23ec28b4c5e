import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { identify } from '../process-identity.ts';
import { listeningSockets, listensOn } from './listens-on.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0CEA 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
   2: 0200007F:2352 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;

describe('the table of sockets', () => {
  it('tells who listens on a port, not who is merely connected', () => {
    expect(listeningSockets(table, 3306)).toEqual(['4711']);
    expect(listeningSockets(table, 9042)).toEqual(['4713']);
    expect(listeningSockets(table, 9043)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('listensOn', () => {
  it('holds for the process that listens and for no other', async () => {
    const other = spawn(process.execPath, [
      '-e',
      `const server = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(server.address().port))`,
    ]);
    const server = createServer().listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const [line] = await once(createInterface({ input: other.stdout }), 'line');
      const otherPort = Number(line);
      const address: AddressInfo | string | null = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      const [self, child] = [identify(process.pid), identify(other.pid ?? 0)];
      if (!self || !child) throw new Error('both processes run');
      expect([listensOn(self, port), listensOn(child, port)]).toEqual([true, false]);
      expect([listensOn(self, otherPort), listensOn(child, otherPort)]).toEqual([false, true]);
    } finally {
      server.close();
      other.kill();
    }
  });

  it('holds though the row of the socket slips out of many tables that are read', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      const self = identify(process.pid);
      if (!self) throw new Error('this process runs');
      const whole = () => readFileSync('/proc/net/tcp', 'utf8');
      const own = new RegExp(`^.*:${port.toString(16).toUpperCase().padStart(4, '0')} .* 0A .*$`, 'm');
      let reads = 0;
      const slipping = () => [reads++ < 20 ? whole().replace(own, '') : whole()];
      expect(listensOn(self, port, slipping)).toBe(true);
      expect(reads).toBeGreaterThan(20);
      const others = () => [whole().replace(own, (row) => row.replace(/(\d+)( 1 [0-9a-f]{16})/, '4711$2'))];
      expect(listensOn(self, port, others)).toBe(false);
      expect(listensOn(self, port, () => [])).toBe(false);
    } finally {
      server.close();
    }
  });
});
