import { connect, type ConnectionOptions } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AccessControl } from './access.ts';
import { connectChannels } from './channels.ts';
import type { CertificateFiles } from './certificates.ts';
import type { Log } from './caller-errors.ts';
import { unauthenticated } from './errors.ts';
import { clientOf, failure, serve } from './test-service.ts';
import {
  certificateFiles,
  createTestAuthority,
  type Identity,
  type TestAuthority,
} from './testing/certificates.ts';

let authority: TestAuthority;
let stranger: TestAuthority;
let identity: Identity;
let newer: Identity;

beforeAll(() => {
  authority = createTestAuthority('meridian test');
  stranger = createTestAuthority('stranger');
  identity = authority.issue({ name: 'server' });
  newer = authority.issue({ name: 'server', ownKey: true });
});

const opened: { close?(): void; shutdown?(graceMs: number): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of opened) close?.();
  for (const { shutdown } of opened.splice(0)) await shutdown?.(0);
});

const refreshMs = 10;
/** Tells whom a certificate names. */
const byCertificate: AccessControl = {
  identify({ certificate }) {
    if (certificate === undefined) throw unauthenticated('TOKEN_MISSING', 'who are you?');
    return { id: certificate, actor: certificate, roles: [] };
  },
  permit: () => undefined,
};

async function secured(access?: AccessControl, log?: Log) {
  const files = certificateFiles(identity, authority.certificate);
  const server = await serve(async (note) => note, {
    tls: { ...files, refreshMs },
    ...(access ? { access } : {}),
    ...(log ? { log } : {}),
  });
  opened.push(server);
  return { files, port: server.port };
}

function clientWith(port: number, files: CertificateFiles) {
  const tls = { ...files, refreshMs, serverName: 'localhost' };
  const connected = clientOf([port], { tls, maxAttempts: 1 });
  opened.push(connected);
  return connected.client;
}

/** The serial number of the certificate that a new connection is shown. */
function shown(port: number, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      ca: authority.certificate,
      ALPNProtocols: ['h2'],
      ...options,
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      resolve(serialNumber);
    });
  });
}

describe('a server with TLS', () => {
  it('answers whoever trusts its authority, and nobody without TLS', async () => {
    const { port, files } = await secured();
    const client = clientWith(port, { authorityFile: files.authorityFile });
    expect(await client.echo({ text: 'x' })).toEqual({ text: 'x' });
    const plain = clientOf([port], { maxAttempts: 1 });
    const distrustful = clientWith(port, {
      authorityFile: certificateFiles(identity, stranger.certificate).authorityFile,
    });
    opened.push(plain);
    expect(await failure(plain.client.echo({ text: 'x' }))).toMatchObject({ status: 'UNAVAILABLE' });
    expect(await failure(distrustful.echo({ text: 'x' }))).toMatchObject({ status: 'UNAVAILABLE' });
  });

  it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    const { port } = await secured();
    await shown(port, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    await shown(port, { minVersion: 'TLSv1.3' });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    await expect(shown(port, old)).rejects.toMatchObject({
      code: expect.stringContaining('PROTOCOL_VERSION'),
    });
  });

  it('loses no call while its certificate changes, one file after the other', async () => {
    const problems: object[] = [];
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: (fields: object) => problems.push(fields),
    };
    const { port, files } = await secured(undefined, log);
    const before = await shown(port);
    const client = clientWith(port, { authorityFile: files.authorityFile });
    const load = { isOver: false, answers: 0 };
    const calling = (async () => {
      while (!load.isOver) {
        await client.echo({ text: 'x' });
        load.answers += 1;
      }
    })();
    // The new certificate beside the old key fits together no more: whoever connects meanwhile is shown the old one.
    files.write({ certificate: newer.certificate });
    await expect.poll(() => problems.length).toBe(1);
    expect(await shown(port)).toBe(before);
    files.write({ key: newer.key });
    await expect.poll(() => shown(port)).not.toBe(before);
    const later = clientWith(port, { authorityFile: files.authorityFile });
    await later.echo({ text: 'x' });
    const soFar = load.answers;
    await expect.poll(() => load.answers).toBeGreaterThan(soFar);
    load.isOver = true;
    await calling;
  });

  it('knows a service by its certificate, and not by one that another authority signed', async () => {
    const { port, files } = await secured(byCertificate);
    const own = certificateFiles(authority.issue({ name: 'projector-orders' }), authority.certificate);
    const foreign = certificateFiles(stranger.issue({ name: 'projector-orders' }), authority.certificate);
    const calls = [own, foreign, { authorityFile: files.authorityFile }].map(async (proof) => {
      const client = clientWith(port, proof);
      return client.echo({ text: 'x' });
    });
    const [known = fail(), other = fail(), nobody = fail()] = calls;
    const unknown = { status: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' };
    const [, one, two] = await Promise.all([known, failure(other), failure(nobody)]);
    expect(one).toMatchObject(unknown);
    expect(two).toMatchObject(unknown);
  });

  it('does not start with a key of another certificate', async () => {
    const files = certificateFiles({ ...identity, key: newer.key }, authority.certificate);
    await expect(serve(async (note) => note, { tls: files })).rejects.toThrow('is not the key of');
  });
});

function fail(): never {
  throw new Error('no call was made');
}

describe('a client', () => {
  it('proves itself by its newest certificate when it connects again', async () => {
    const named = (name: string) => authority.issue({ name, ownKey: true });
    const names: (string | undefined)[] = [];
    const access: AccessControl = {
      identify(shownBy) {
        names.push(shownBy.certificate);
        return byCertificate.identify(shownBy);
      },
      permit: () => undefined,
    };
    const files = certificateFiles(identity, authority.certificate);
    // The server ends its connections while it listens on: a client that connects again is never refused.
    const server = await serve(async (note) => note, { tls: files, access, maxConnectionAgeMs: 100 });
    const own = certificateFiles(named('projector-orders'), authority.certificate);
    const connected = clientOf([server.port], { tls: { ...own, refreshMs } });
    opened.push(connected, server);
    await connected.client.echo({ text: 'x' });
    expect(names).toEqual(['projector-orders']);
    own.write(named('projector-sales'));
    const again = async () => {
      await connected.client.echo({ text: 'x' });
      return names.at(-1);
    };
    await expect.poll(again).toBe('projector-sales');
  });

  it('sends a token to another machine over TLS only', () => {
    const accessToken = () => 'secret';
    connectChannels(['127.0.0.1:1', '[::1]:1', 'localhost:1'], { accessToken }).close();
    for (const address of ['192.0.2.1:1', 'localhost.example.org:1', 'dns:///meridian:1'])
      expect(() => connectChannels(['127.0.0.1:1', address], { accessToken })).toThrow('over TLS only');
  });
});
