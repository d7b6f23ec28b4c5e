import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata, startRpcServer } from '@meridian/rpc';
import { GetHeadResponse, JournalServiceDefinition } from '@meridian/contracts';
import { expect, it } from 'vitest';
import { channelSecurity, tokenOfFile } from './channel-security.ts';
import { createJournalReader } from './journal-reader.ts';

async function fileWith(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'meridian-token-')), 'token');
  await writeFile(file, text);
  return file;
}

it('is none when the environment names none, and TLS as soon as it names anything of it', () => {
  expect(channelSecurity({ MERIDIAN_CLIENT_AUTHORITY_FILE: '' })).toEqual({});
  const named = channelSecurity({ MERIDIAN_CLIENT_SERVER_NAME: 'meridian', MERIDIAN_CLIENT_TOKEN_FILE: 't' });
  expect(named.tls).toMatchObject({ serverName: 'meridian' });
  expect(named.accessToken).toBeTypeOf('function');
});

it('takes a file for a token only when it holds one, and never says what it holds', async () => {
  expect(await tokenOfFile(await fileWith(' one.token.here\n'))()).toBe('one.token.here');
  for (const text of ['', 'two tokens', 'x'.repeat(20_000)])
    await expect(tokenOfFile(await fileWith(text))()).rejects.toThrow(
      /^the file \S+ does not hold one token$/,
    );
});

it('sends the token of its file with every call', async () => {
  const seen: unknown[] = [];
  const server = await startRpcServer({
    address: '127.0.0.1:0',
    shutdownPauseMs: 0,
    register: (registry) =>
      registry.add(JournalServiceDefinition, {
        async getHead(_request, { metadata }) {
          seen.push(Metadata(metadata).get('authorization'));
          return GetHeadResponse.fromPartial({ position: 7n });
        },
        async *readJournal() {},
      }),
  });
  const security = channelSecurity({ MERIDIAN_CLIENT_TOKEN_FILE: await fileWith('a.b.c') });
  const reader = createJournalReader({ addresses: [`127.0.0.1:${server.port}`], ...security });
  expect(await reader.head()).toMatchObject({ position: 7n });
  expect(seen).toEqual(['Bearer a.b.c']);
  reader.close();
  await server.shutdown(0);
});
