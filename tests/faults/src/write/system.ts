import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { createMeridianClient } from '@meridian/client';
import { workspaceFolder } from '@meridian/engines';
import { newId } from '@meridian/kernel';
import type { FaultyEngines } from '../system/engines.ts';
import { servicePorts } from '../system/ports.ts';
import { faultyProcess, type FaultyProcess } from '../system/process.ts';
import { isCommit, isProduce, startCuttingProxy, type CuttingProxy } from '../system/proxy.ts';
import { CUSTOMERS, PRODUCTS } from './wishes.ts';

/** Several replicas of command-service on one database, behind proxies. */
export interface WriteSystem {
  /** Its database and topic prefix. */
  readonly space: string;
  readonly replicas: readonly FaultyProcess[];
  readonly mysqlProxy: CuttingProxy;
  readonly kafkaProxy: CuttingProxy;
  readonly logFolder: string;
  stop(): Promise<void>;
}

const LEASE_MS = 2_000;
const FIRST_STOCK = 30n;

/** Starts the replicas, with a defect if one is named, and fills in products, stock and customers. */
export async function startWriteSystem(
  engines: FaultyEngines,
  { replicas: count, defect = '' }: { readonly replicas: number; readonly defect?: string },
): Promise<WriteSystem> {
  const space = `faults_${randomBytes(4).toString('hex')}`;
  const logFolder = path.join(workspaceFolder(), '.meridian/faults', defect || 'write', space);
  const mysqlProxy = await startCuttingProxy(engines.mysqlPort, isCommit);
  const kafkaProxy = await startCuttingProxy(engines.kafkaPort, isProduce);
  const keys = ['MERIDIAN_MASTER_KEY', 'MERIDIAN_FINGERPRINT_KEY'];
  const environment = {
    ...Object.fromEntries(keys.map((name) => [name, randomBytes(32).toString('base64')])),
    MERIDIAN_MYSQL_URL: engines.environment['MERIDIAN_MYSQL_URL'] ?? '',
    MERIDIAN_KAFKA_BROKERS: engines.environment['MERIDIAN_KAFKA_BROKERS'] ?? '',
    MERIDIAN_CASSANDRA: engines.environment['MERIDIAN_CASSANDRA_EU_WEST'] ?? '',
    MERIDIAN_REGIONS: engines.regions.join(','),
    MERIDIAN_MYSQL_DATABASE: space,
    MERIDIAN_KEYS_DATABASE: `${space}_keys`,
    MERIDIAN_KEYSPACE: space,
    MERIDIAN_TOPIC_PREFIX: space,
    MERIDIAN_RELAY_LEASE_MS: String(LEASE_MS),
    MERIDIAN_LOG_LEVEL: 'info',
    MERIDIAN_FAULTS_REDIRECT: `${engines.mysqlPort}=${mysqlProxy.port},${engines.kafkaPort}=${kafkaProxy.port}`,
    MERIDIAN_FAULTS_DEFECT: defect,
  };
  const replicas: FaultyProcess[] = [];
  for (let index = 0; index < count; index++) {
    const ports = await servicePorts({ grpc: 27_000 + index, http: 28_000 + index });
    const name = `replica-${index}`;
    const own = { ...environment, MERIDIAN_REPLICA: name };
    const main = 'apps/command-service/src/main.ts';
    const replica = faultyProcess({ name, main, environment: own, logFolder, ...ports });
    replicas.push(replica);
  }
  // The first makes the tables, keyspaces and topics.
  await replicas[0]?.start();
  await Promise.all(replicas.slice(1).map((replica) => replica.start()));
  await fillIn(replicas[0]?.address ?? '');
  return {
    space,
    replicas,
    mysqlProxy,
    kafkaProxy,
    logFolder,
    async stop() {
      await Promise.all(replicas.map((replica) => replica.kill()));
      await Promise.all([mysqlProxy.close(), kafkaProxy.close()]);
      await engines.forget(space);
    },
  };
}

async function fillIn(address: string): Promise<void> {
  const client = createMeridianClient({ commandAddresses: [address], queryAddresses: [address] });
  const price = { currencyCode: 'GBP', amountMinor: 100n };
  for (const customerId of CUSTOMERS)
    await client.customers.registerCustomer({ customerId, name: customerId, country: 'France' });
  for (const productId of PRODUCTS) {
    await client.catalog.createProduct({ productId, name: productId, price });
    await client.inventory.receiveStock({ productId, receiptId: newId(), quantity: FIRST_STOCK });
  }
  client.close();
}
