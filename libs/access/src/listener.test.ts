import { createMetrics, ConfigurationError } from '@meridian/service-host';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { accessFields } from './access-config.ts';
import { prepareListener } from './listener.ts';
import { createTestIssuer, testFile } from './testing/tokens.ts';

const shape = z.object({ MERIDIAN_GRPC_ADDRESS: z.string(), ...accessFields });
const descriptorSet = new Uint8Array([1]);

/** Prepares a listener, and gives what it is told to do, and the lines of its log. */
async function prepared(set: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const metrics = createMetrics('test');
  const config = shape.parse({ MERIDIAN_GRPC_ADDRESS: '127.0.0.1:1', ...set });
  const { options, close } = await prepareListener({ log, metrics }, config, descriptorSet);
  close();
  return { options, lines, metrics };
}

describe('a listener', () => {
  it('that is open says so loudly, lets everybody in, and shows its contract', async () => {
    const { options, lines } = await prepared({});
    expect(options.access).toBeUndefined();
    expect(options.descriptorSet).toBe(descriptorSet);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 40, event: 'open', msg: expect.stringMatching(/^OPEN: /) }),
    ]);
  });

  it('that is closed checks callers, and shows its contract only where that is asked for', async () => {
    const { path } = await testFile((await createTestIssuer()).jwks);
    const closed = {
      MERIDIAN_ACCESS: 'closed',
      MERIDIAN_TOKEN_ISSUER: 'https://issuer.test',
      MERIDIAN_TOKEN_KEYS_FILE: path,
    };
    const { options, lines, metrics } = await prepared(closed);
    expect(options.access).toBeDefined();
    expect(options.descriptorSet).toBeUndefined();
    expect(lines).toEqual([]);
    options.onRefused?.('/a/B', 'TOKEN_MISSING');
    expect(await metrics.registry.metrics()).toMatch(
      /meridian_calls_refused_total\{reason="TOKEN_MISSING".*\} 1/,
    );
    const shown = await prepared({ ...closed, MERIDIAN_REFLECTION: 'on' });
    expect(shown.options.descriptorSet).toBe(descriptorSet);
  });

  it('is not started with keys that cannot be read', async () => {
    const { path } = await testFile('no keys');
    const preparing = prepared({
      MERIDIAN_ACCESS: 'closed',
      MERIDIAN_TOKEN_ISSUER: 'https://issuer.test',
      MERIDIAN_TOKEN_KEYS_FILE: path,
    });
    await expect(preparing).rejects.toThrow(ConfigurationError);
    await expect(preparing).rejects.toThrow('MERIDIAN_TOKEN_KEYS_FILE');
  });
});
