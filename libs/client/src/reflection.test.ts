import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandServices, ErasureServiceDefinition, queryServices } from '@meridian/contracts';
import { refusalError } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standIn } from './testing/test-services.ts';

// `buf curl` cannot see proto/ here: it learns everything from the running server.
const buf = join(import.meta.dirname, '../../../node_modules/.bin/buf');
const run = promisify(execFile);
const services = [
  ...Object.values(commandServices),
  ...Object.values(queryServices),
  ErasureServiceDefinition,
];

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
}

describe('buf curl with reflection', () => {
  let port = 0;
  let stop: () => Promise<void> = async () => {};

  beforeAll(async () => {
    const server = await standIn({
      answer(method) {
        if (method !== 'PlaceOrder') return { freshness: { region: 'eu-west', eventTime: new Date(0) } };
        throw refusalError({
          kind: 'failed-precondition',
          code: 'INSUFFICIENT_STOCK',
          message: 'not enough',
          violations: [
            {
              type: 'INSUFFICIENT_STOCK',
              subject: 'product/85123A',
              description: '6 asked, 4 there: 2 short',
            },
          ],
        });
      },
    });
    server.setServing(true);
    port = server.port;
    stop = () => server.shutdown(1_000);
  });
  afterAll(() => stop());

  async function curl(...parameters: readonly string[]): Promise<Outcome> {
    const address = `http://127.0.0.1:${port}`;
    const last = parameters.at(-1) ?? '';
    const fixed = ['curl', '--protocol', 'grpc', '--http2-prior-knowledge'];
    return run(buf, [...fixed, ...parameters.slice(0, -1), `${address}${last}`]).catch(
      (error: Outcome) => error,
    );
  }

  it.each(['grpc-v1', 'grpc-v1alpha'])('lists every service, health included, by %s', async (protocol) => {
    const { stdout } = await curl('--reflect-protocol', protocol, '--list-services', '');
    expect(stdout.trim().split('\n').sort()).toEqual(
      ['grpc.health.v1.Health', ...services.map(({ fullName }) => fullName)].sort(),
    );
  });

  it('asks a question, with types of our own and of Google', async () => {
    const request = {
      orderId: '536365',
      read: { token: { entries: [{ context: 'CONTEXT_ORDERS', position: '7' }] } },
    };
    const { stdout, stderr } = await curl(
      '--data',
      JSON.stringify(request),
      '/meridian.orders.v1.OrdersQueryService/GetOrder',
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      freshness: { eventTime: '1970-01-01T00:00:00Z', region: 'eu-west' },
    });
  });

  it('asks a question by the reflection of older tools', async () => {
    const { stdout } = await curl(
      '--reflect-protocol',
      'grpc-v1alpha',
      '--data',
      '{"orderId":"536365"}',
      '/meridian.orders.v1.OrdersQueryService/GetOrder',
    );
    expect(JSON.parse(stdout)).toMatchObject({ freshness: { region: 'eu-west' } });
  });

  it('shows which field is wrong', async () => {
    const { stderr } = await curl(
      '--data',
      '{"orderId":"/"}',
      '/meridian.orders.v1.OrdersQueryService/GetOrder',
    );
    expect(stderr).toContain('"code": "invalid_argument"');
    expect(stderr).toContain('order_id');
  });

  it('shows what is short, and by how much', async () => {
    const order = {
      requestId: '0190b3c0-7d5e-7000-8000-000000000001',
      customerId: '17850',
      lines: [{ productId: '85123A', quantity: '6' }],
    };
    const { stderr } = await curl(
      '--data',
      JSON.stringify(order),
      '/meridian.orders.v1.OrdersCommandService/PlaceOrder',
    );
    expect(stderr).toContain('"code": "failed_precondition"');
    expect(stderr).toContain('2 short');
  });

  it('checks health', async () => {
    const { stdout } = await curl('--data', '{}', '/grpc.health.v1.Health/Check');
    expect(JSON.parse(stdout)).toEqual({ status: 'SERVING' });
  });
});
