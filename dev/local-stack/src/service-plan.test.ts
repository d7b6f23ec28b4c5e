import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';
import { describe, expect, it } from 'vitest';
import { isProjector, planServices, type ProjectorArrangement } from './service-plan.ts';
import { stackNames } from './stack-names.ts';

const keys = { MERIDIAN_MASTER_KEY: 'm', MERIDIAN_FINGERPRINT_KEY: 'f', MERIDIAN_PAGE_TOKEN_KEY: 'p' };
const engines = {
  MERIDIAN_MYSQL_URL: 'mysql://root@127.0.0.1:3306/',
  MERIDIAN_KAFKA_BROKERS: '127.0.0.1:9092',
  MERIDIAN_CASSANDRA_EU_WEST: '127.0.0.1:9042',
  MERIDIAN_CASSANDRA_US_EAST: '127.0.0.2:9042',
};
const plan = (arrangement: ProjectorArrangement) =>
  planServices(['eu-west', 'us-east'], engines, stackNames('test'), keys, arrangement);
const plans = await plan('separate');
const projectors = readdirSync(path.join(workspaceFolder(), 'apps/projectors'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'all')
  .map(({ name }) => name)
  .sort();
const planOf = (name: string) => plans.find((plan) => plan.name === name);

describe('the services of a stack', () => {
  it('are one command-service, all projectors in one process and one query-service per region', async () => {
    const together = await plan('together');
    expect(together.map(({ name }) => name)).toEqual([
      'command-service',
      'projectors',
      'query-service-eu-west',
      'query-service-us-east',
    ]);
    expect(existsSync(path.join(workspaceFolder(), together[1]?.main ?? ''))).toBe(true);
  });

  it('tell which of them project', () => {
    expect([...plans.map(({ name }) => name), 'projectors'].filter(isProjector)).toEqual([
      ...projectors.map((name) => `projector-${name}`),
      'projectors',
    ]);
  });

  it('are one process per projector where that is asked for', () => {
    expect(projectors).toContain('orders');
    expect(plans.map(({ name }) => name)).toEqual([
      'command-service',
      ...projectors.map((name) => `projector-${name}`),
      'query-service-eu-west',
      'query-service-us-east',
    ]);
    for (const { main } of plans) expect(existsSync(path.join(workspaceFolder(), main))).toBe(true);
  });

  it('listen on ports that no two of them share', () => {
    const ports = plans.flatMap(({ httpPort, grpcPort }) => [httpPort, ...(grpcPort ? [grpcPort] : [])]);
    expect(new Set(ports).size).toBe(ports.length);
    for (const { environment, httpPort } of plans)
      expect(environment['MERIDIAN_HTTP_PORT']).toBe(String(httpPort));
  });

  it('ask the data centre of their own region, the projectors that of the home region', () => {
    expect(planOf('query-service-us-east')?.environment).toMatchObject({
      MERIDIAN_REGION: 'us-east',
      MERIDIAN_CASSANDRA: '127.0.0.2:9042',
    });
    expect(planOf('projector-orders')?.environment['MERIDIAN_CASSANDRA']).toBe('127.0.0.1:9042');
  });

  it('are told all nodes of a region', async () => {
    const several = { ...engines, MERIDIAN_CASSANDRA_US_EAST: '127.0.0.2:9042,127.0.0.4:9042' };
    const found = await planServices(['eu-west', 'us-east'], several, stackNames('test'), keys, 'together');
    const environmentOf = (service: string) => found.find(({ name }) => name === service)?.environment;
    expect(environmentOf('query-service-us-east')).toMatchObject({
      MERIDIAN_CASSANDRA: '127.0.0.2:9042,127.0.0.4:9042',
      MERIDIAN_CASSANDRA_FALLBACKS: 'eu-west=127.0.0.1:9042',
    });
    expect(environmentOf('query-service-eu-west')).toMatchObject({
      MERIDIAN_CASSANDRA_FALLBACKS: 'us-east=127.0.0.2:9042+127.0.0.4:9042',
    });
  });

  it('are told the far address of another region', async () => {
    const apart = { ...engines, MERIDIAN_CASSANDRA_US_EAST_FROM_EU_WEST: '127.0.0.2:9043' };
    const found = await planServices(['eu-west', 'us-east'], apart, stackNames('test'), keys, 'together');
    const of = (region: string) => found.find(({ name }) => name === `query-service-${region}`)?.environment;
    expect(of('eu-west')?.['MERIDIAN_CASSANDRA_FALLBACKS']).toBe('us-east=127.0.0.2:9043');
    expect(of('us-east')?.['MERIDIAN_CASSANDRA']).toBe('127.0.0.2:9042');
  });

  it('are given no key that they have no use for', () => {
    const given = (name: string) => Object.keys(planOf(name)?.environment ?? {}).filter((key) => key in keys);
    expect(given('projector-customers')).toEqual([]);
    expect(given('command-service')).toContain('MERIDIAN_MASTER_KEY');
  });
});
