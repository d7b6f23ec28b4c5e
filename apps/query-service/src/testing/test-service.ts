import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  CatalogQueryServiceDefinition,
  CustomersQueryServiceDefinition,
  InventoryQueryServiceDefinition,
  OrdersQueryServiceDefinition,
  SalesQueryServiceDefinition,
} from '@meridian/contracts';
import { connectChannels } from '@meridian/rpc';
import { z } from 'zod';
import { fromEnvironment, type TestStore } from './test-store.ts';

const readyLine = z.object({ event: z.literal('ready'), grpcPort: z.number(), httpPort: z.number() });
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** The service of one region as a process of its own, and clients of it. */
export type TestService = Awaited<ReturnType<typeof startTestService>>;

/** Starts it and waits until it is ready. Rejects with what it said when it ends instead. */
export async function startTestService(
  store: TestStore,
  region: 'eu-west' | 'us-east',
  environment: Readonly<Record<string, string>> = {},
) {
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      MERIDIAN_REGION: region,
      MERIDIAN_GRPC_ADDRESS: '127.0.0.1:0',
      MERIDIAN_HTTP_PORT: '0',
      MERIDIAN_CASSANDRA: fromEnvironment(`MERIDIAN_CASSANDRA_${region.toUpperCase().replace('-', '_')}`),
      MERIDIAN_KEYSPACE: store.keyspace,
      MERIDIAN_MASTER_KEY: store.masterKey.toString('base64'),
      MERIDIAN_PAGE_TOKEN_KEY: randomBytes(32).toString('base64'),
      ...environment,
    },
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ports = await Promise.race([
    portsOf(child.stdout),
    exited.then(() => Promise.reject(new Error('query-service ended before it was ready'))),
  ]);
  const channels = connectChannels([`127.0.0.1:${ports.grpcPort}`]);
  return {
    ...ports,
    catalog: channels.client(CatalogQueryServiceDefinition),
    customers: channels.client(CustomersQueryServiceDefinition),
    inventory: channels.client(InventoryQueryServiceDefinition),
    orders: channels.client(OrdersQueryServiceDefinition),
    sales: channels.client(SalesQueryServiceDefinition),
    /** Sends SIGTERM and gives the exit code. */
    async stop(): Promise<number | null> {
      channels.close();
      child.kill('SIGTERM');
      return exited;
    },
    /** The same, while the connections stay open to see how calls end. */
    async stopOpen(): Promise<number | null> {
      child.kill('SIGTERM');
      const code = await exited;
      channels.close();
      return code;
    },
  };
}

async function portsOf(output: NodeJS.ReadableStream): Promise<{ grpcPort: number; httpPort: number }> {
  const said: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<{ grpcPort: number; httpPort: number }>();
  // The lines after it are read too, or the pipe would fill.
  createInterface({ input: output })
    .on('line', (line) => {
      said.push(line);
      const ports = readyLine.safeParse(JSON.parse(line));
      if (ports.success) resolve(ports.data);
    })
    .on('close', () => reject(new Error(`query-service said no ports:\n${said.join('\n')}`)));
  return promise;
}
