import { describe, expect, it } from 'vitest';
import { addressesOf, contactPointsOf, engineEnvironment, replicasByRegion } from './addresses.ts';
import { cassandraNodes, enginesWith, MAX_NODES } from './cassandra-nodes.ts';
import { routesBetween } from './distance/distance-routes.ts';
import { emptyState, type EngineRecord, type EngineState } from './engine-state.ts';
import { engineNames } from './engine-types.ts';
import { chooseCassandraPorts, chooseDistancePort } from './local/choose-engine-ports.ts';
import { missingAddresses } from './local/survey.ts';

function record(host: string, port: number): EngineRecord {
  const launch = { command: 'java', args: [], cwd: '/', logFile: '/log' };
  return { launch, host, ports: { client: port }, from: 'here' };
}

function stateWith(nodesPerRegion: number): EngineState {
  const nodes = cassandraNodes(nodesPerRegion).map(({ name, host }) => [name, record(host, 9042)]);
  const engines = { mysql: record('127.0.0.1', 3306), kafka: record('127.0.0.1', 9092) };
  return { ...emptyState('local'), engines: Object.assign(engines, Object.fromEntries(nodes)) };
}

describe('the nodes of Cassandra', () => {
  it('keep the names and addresses of one node per region', () => {
    expect(cassandraNodes(1).map(({ name, host }) => `${name} ${host}`)).toEqual([
      'cassandra-eu-west 127.0.0.1',
      'cassandra-us-east 127.0.0.2',
    ]);
    expect(enginesWith(1)).toEqual(['mysql', 'kafka', 'cassandra-eu-west', 'cassandra-us-east']);
  });

  it('have a name and an address each, and are all engines that there can be', () => {
    const nodes = cassandraNodes(MAX_NODES);
    expect(nodes.filter(({ region }) => region === 'eu-west').map(({ name }) => name)).toEqual([
      'cassandra-eu-west',
      'cassandra-eu-west-2',
      'cassandra-eu-west-3',
    ]);
    expect(new Set(nodes.map(({ host }) => host)).size).toBe(nodes.length);
    expect(enginesWith(MAX_NODES, true)).toEqual(engineNames);
  });

  it('are all named by the address of their region', () => {
    const addresses = addressesOf(stateWith(3), 3);
    expect(addresses.cassandra).toEqual({
      'eu-west': '127.0.0.1:9042,127.0.0.3:9042,127.0.0.5:9042',
      'us-east': '127.0.0.2:9042,127.0.0.4:9042,127.0.0.6:9042',
    });
    const environment = engineEnvironment(addresses);
    expect(contactPointsOf(environment, 'us-east')).toEqual([
      '127.0.0.2:9042',
      '127.0.0.4:9042',
      '127.0.0.6:9042',
    ]);
    expect(replicasByRegion(environment, ['eu-west', 'us-east'])).toEqual({ 'eu-west': 3, 'us-east': 3 });
  });

  it('hold each row once where a region has one, and three times at most', () => {
    const environment = {
      MERIDIAN_CASSANDRA_EU_WEST: 'a:1',
      MERIDIAN_CASSANDRA_US_EAST: 'b:1,c:1,d:1,e:1',
    };
    expect(replicasByRegion(environment, ['eu-west', 'us-east'])).toEqual({ 'eu-west': 1, 'us-east': 3 });
  });

  it('share the ports of clients and nodes, and have a port of their own for nodetool', async () => {
    const nodes = cassandraNodes(1);
    const portsOf = await chooseCassandraPorts(nodes, emptyState('local'), new Set());
    const ports = nodes.map(portsOf);
    expect(new Set(ports.map(({ client, storage }) => `${client} ${storage}`)).size).toBe(1);
    expect(new Set(ports.map(({ jmx }) => jmx)).size).toBe(nodes.length);
  });

  it('have a port per region for clients where regions are apart, and another address for each other', async () => {
    const nodes = cassandraNodes(MAX_NODES);
    const portsOf = await chooseCassandraPorts(nodes, emptyState('local'), new Set(), true);
    const portsIn = (region: string) =>
      new Set(nodes.filter((node) => node.region === region).map((node) => portsOf(node).client));
    expect([portsIn('eu-west').size, portsIn('us-east').size]).toEqual([1, 1]);
    expect(portsIn('eu-west')).not.toEqual(portsIn('us-east'));
    const listened = [
      ...routesBetween(nodes, portsOf).map(({ listen }) => listen),
      ...nodes.flatMap((node) => [
        { host: node.host, port: portsOf(node).client },
        { host: node.host, port: portsOf(node).storage },
      ]),
    ].map(({ host, port }) => `${host}:${port}`);
    expect(new Set(listened).size).toBe(listened.length);
  });

  it('leave the process of the distance a port that no node is about to take', async () => {
    const port = await chooseDistancePort([], emptyState('local'), new Set());
    const chosen = [{ client: 9042, storage: port, jmx: 7199 }];
    expect(await chooseDistancePort(chosen, emptyState('local'), new Set())).not.toBe(port);
  });

  it('are named by far addresses for the clients of another region', () => {
    const state = stateWith(1);
    Object.assign(state.engines, { 'cassandra-us-east': record('127.0.0.2', 9043) });
    const environment = engineEnvironment(addressesOf(state, 1, true));
    expect(contactPointsOf(environment, 'us-east')).toEqual(['127.0.0.2:9043']);
    expect(contactPointsOf(environment, 'us-east', 'us-east')).toEqual(['127.0.0.2:9043']);
    expect(contactPointsOf(environment, 'us-east', 'eu-west')).toEqual(['127.0.0.2:9042']);
    expect(contactPointsOf(environment, 'eu-west', 'us-east')).toEqual(['127.0.0.1:9043']);
    const near = engineEnvironment(addressesOf(state, 1));
    expect(contactPointsOf(near, 'us-east', 'eu-west')).toEqual(['127.0.0.2:9043']);
  });

  it.runIf(process.platform === 'linux')('have all their addresses on Linux', async () => {
    expect(await missingAddresses(MAX_NODES, true)).toEqual([]);
  });
});
