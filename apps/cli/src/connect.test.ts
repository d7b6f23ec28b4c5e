import { once } from 'node:events';
import { createServer } from 'node:http2';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgram } from './program.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'meridian-connect-'));
const token = path.join(folder, 'token');

/** Answers every call that it has not the right, and keeps who asked for what. */
const server = createServer();
const asked: (readonly [method: string, token: string])[] = [];
server.on('stream', (stream, headers) => {
  asked.push([String(headers[':path']).split('/').at(-1) ?? '', String(headers.authorization)]);
  const denied = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '7' };
  stream.respond({ ...denied, 'grpc-message': 'not you' }, { endStream: true });
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  writeFileSync(token, 'of-an-operator\n');
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked.splice(0);
  vi.stubEnv('MERIDIAN_STACK_FOLDER', path.join(folder, 'no-stack'));
});
afterEach(() => vi.unstubAllEnvs());

/** Runs a command as the program would. */
const run = (...args: readonly string[]) => {
  const program = createProgram(new AbortController().signal, () => undefined);
  return program.parseAsync(args, { from: 'user' });
};
const address = () => {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server listens');
  return `127.0.0.1:${bound.port}`;
};

describe('a command about erasures, where no stack is', () => {
  it.each([
    { args: ['erasures', '--pending'], method: 'ListErasures' },
    { args: ['erasures', 'ada'], method: 'GetErasure' },
  ])(
    'asks the command-service that --address names, as the environment says: $method',
    async ({ args, method }) => {
      vi.stubEnv('MERIDIAN_CLIENT_TOKEN_FILE', token);
      await expect(run(...args, '--address', address())).rejects.toThrow('not you');
      expect(asked).toEqual([[method, 'Bearer of-an-operator']]);
    },
  );

  it('says that nothing runs here when it is given no address', async () => {
    await expect(run('journal', 'erase-again', 'lost.jsonl')).rejects.toThrow('nothing is running here');
    expect(asked).toEqual([]);
  });
});
