import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { baseConfig } from './base-config.ts';
import { ConfigurationError, loadConfig, type Environment } from './config.ts';
import { cassandraSecurity, engineProblems, kafkaSecurity, kafkaSecurityOf } from './engine-config.ts';
import { field } from './fields.ts';

const shape = baseConfig.extend({
  MERIDIAN_SECRET: field.base64Key(4),
  // This one names a file by itself: what is in it is no value of another variable.
  MERIDIAN_LIST: z.string().default('none'),
  MERIDIAN_LIST_FILE: z.string().optional(),
});

async function fileWith(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'meridian-value-')), 'value');
  await writeFile(file, text);
  return file;
}

function problems(env: Environment): readonly string[] {
  try {
    loadConfig(shape, env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('a variable whose value stands in a file', () => {
  it('is read without the line end', async () => {
    const env = { MERIDIAN_SECRET_FILE: await fileWith('AAAAAA==\n'), MERIDIAN_LIST_FILE: 'a file' };
    const config = loadConfig(shape, env);
    expect(config.MERIDIAN_SECRET).toEqual(Buffer.alloc(4));
    expect(config).toMatchObject({ MERIDIAN_LIST: 'none', MERIDIAN_LIST_FILE: 'a file' });
  });

  it('is told by the name of its file, and never by what it holds', async () => {
    const secret = await fileWith('no base64');
    expect(problems({ MERIDIAN_SECRET_FILE: secret })).toEqual([
      'MERIDIAN_SECRET: must be 4 bytes in base64',
    ]);
    expect(problems({ MERIDIAN_SECRET_FILE: `${secret}.gone` })).toContain(
      'MERIDIAN_SECRET_FILE: names a file that cannot be read (ENOENT)',
    );
    expect(problems({ MERIDIAN_SECRET_FILE: await fileWith('\n') })).toContain(
      'MERIDIAN_SECRET_FILE: names an empty file',
    );
    expect(problems({ MERIDIAN_SECRET_FILE: secret, MERIDIAN_SECRET: 'AAAAAA==' })).toEqual([
      'MERIDIAN_SECRET: is set beside MERIDIAN_SECRET_FILE: unset one',
    ]);
  });
});

describe('an account of an engine', () => {
  const account = { MERIDIAN_KAFKA_USER: 'relay', MERIDIAN_KAFKA_PASSWORD: 'secret' };
  const authority = '-----BEGIN CERTIFICATE-----';

  it('has a password, and an authority, since no password is sent without TLS', () => {
    expect(engineProblems({})).toEqual([]);
    expect(engineProblems(account)).toEqual([
      'MERIDIAN_KAFKA_AUTHORITY: is not set, and a password is sent over TLS only',
    ]);
    expect(engineProblems({ MERIDIAN_CASSANDRA_USER: 'u' })).toEqual([
      'MERIDIAN_CASSANDRA_PASSWORD: is not set beside MERIDIAN_CASSANDRA_USER',
    ]);
    expect(engineProblems({ ...account, MERIDIAN_KAFKA_AUTHORITY: authority })).toEqual([]);
  });

  it('makes the security of its connections', () => {
    const config = z.object({ ...kafkaSecurity, ...cassandraSecurity });
    const closed = config.parse({ ...account, MERIDIAN_KAFKA_AUTHORITY: authority });
    expect(kafkaSecurityOf(closed)).toEqual({ authority, account: { user: 'relay', password: 'secret' } });
    expect(kafkaSecurityOf(config.parse({}))).toBeUndefined();
    expect(config.safeParse({ MERIDIAN_KAFKA_AUTHORITY: 'a path' }).success).toBe(false);
  });
});
