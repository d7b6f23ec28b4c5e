import type { EngineName } from './engine-types.ts';

/** A node of a region. Each has its own address, because all nodes of a cluster share their ports. */
export interface CassandraNode {
  readonly name: EngineName;
  readonly region: string;
  /** Its number in its region, from 1. */
  readonly number: number;
  readonly host: string;
}

/** The ports of a node, for clients, for the other nodes, and for the programs that look after a node. */
export interface CassandraPorts {
  readonly client: number;
  readonly storage: number;
  readonly jmx: number;
}

/** Nodes per region at most. */
export const MAX_NODES = 3;

/** The regions' first nodes come first: they keep the names and addresses that they have where they are alone. */
const all: readonly CassandraNode[] = [
  { name: 'cassandra-eu-west', region: 'eu-west', number: 1, host: '127.0.0.1' },
  { name: 'cassandra-us-east', region: 'us-east', number: 1, host: '127.0.0.2' },
  { name: 'cassandra-eu-west-2', region: 'eu-west', number: 2, host: '127.0.0.3' },
  { name: 'cassandra-us-east-2', region: 'us-east', number: 2, host: '127.0.0.4' },
  { name: 'cassandra-eu-west-3', region: 'eu-west', number: 3, host: '127.0.0.5' },
  { name: 'cassandra-us-east-3', region: 'us-east', number: 3, host: '127.0.0.6' },
];

export const cassandraRegions: readonly string[] = ['eu-west', 'us-east'];

/** The address by which other nodes know a node where there is a distance between regions: the distance listens there. */
export function broadcastHost({ host }: Pick<CassandraNode, 'host'>): string {
  return host.replace('127.0.0.', '127.0.1.');
}

/** All nodes of a cluster with so many nodes per region, the first ones of the regions first. */
export function cassandraNodes(nodesPerRegion: number): readonly CassandraNode[] {
  return all.filter(({ number }) => number <= nodesPerRegion);
}

/** All engines where Cassandra has so many nodes per region, and its regions are apart or not. */
export function enginesWith(nodesPerRegion: number, areApart = false): readonly EngineName[] {
  return ['mysql', 'kafka', ...clusterEngines(nodesPerRegion, areApart)];
}

/** The engines that are one cluster: these are started and moved together. */
export function clusterEngines(nodesPerRegion: number, areApart: boolean): readonly EngineName[] {
  const names = cassandraNodes(nodesPerRegion).map(({ name }) => name);
  return areApart ? [...names, 'distance'] : names;
}
