import {
  cassandraNodes,
  cassandraRegions,
  clusterEngines,
  type CassandraNode,
  type CassandraPorts,
} from '../cassandra-nodes.ts';
import { administratorOf, closeCassandra } from '../closed/close-cassandra.ts';
import { routesBetween } from '../distance/distance-routes.ts';
import { keepDistance } from '../distance/known-distance.ts';
import { prepareDistance } from '../distance/prepare-distance.ts';
import type { EngineRecord, EngineState, PreparedEngine } from '../engine-state.ts';
import type { EngineName } from '../engine-types.ts';
import { probeCassandraPair, probeCassandraRing } from '../probes/cassandra-probe.ts';
import { waitUntil } from '../wait-until.ts';
import { keepStoragePort, prepareCassandra, readClusterName } from './cassandra-engine.ts';
import {
  chooseCassandraPorts,
  chooseDistancePort,
  portsOfOthers,
  whilePortsAreMine,
} from './choose-engine-ports.ts';
import { keepClusterSize } from './cluster-size.ts';
import { onFreePorts } from './on-free-ports.ts';
import type { PrepareContext } from './prepare-context.ts';

const joinTimeoutMs = 120_000;

/** Starts a prepared engine, records it, and waits until it answers. */
export type LaunchPrepared = (
  name: EngineName,
  host: string,
  ports: EngineRecord['ports'],
  prepared: PreparedEngine,
) => Promise<void>;

/** Starts all Cassandra nodes, and before them the distance between their regions where there is one. */
export async function startCluster(
  java: string,
  libraries: string,
  state: EngineState,
  context: PrepareContext,
  launch: LaunchPrepared,
): Promise<void> {
  const { nodesPerRegion, dataFolder, distanceMs } = context;
  const areApart = distanceMs !== undefined;
  const nodes = cassandraNodes(nodesPerRegion);
  const start = async () => {
    const held = portsOfOthers(context);
    const portsOf = await chooseCassandraPorts(nodes, state, held, areApart);
    keepClusterSize(dataFolder, nodesPerRegion);
    const clusterName = readClusterName(dataFolder);
    if (areApart) {
      keepDistance(dataFolder, distanceMs);
      const controlPort = await chooseDistancePort(nodes.map(portsOf), state, held);
      const settings = { routes: [...routesBetween(nodes, portsOf)], controlPort, distanceMs };
      await launch('distance', '127.0.0.1', { client: controlPort }, prepareDistance(dataFolder, settings));
    }
    const startNode = async (node: CassandraNode) => {
      const ports = portsOf(node);
      const settings = { node, nodesPerRegion, clusterName, java, libraries, ports };
      await launch(node.name, node.host, { ...ports }, await prepareCassandra(settings, context));
    };
    // The first node of each region makes the cluster, then the second nodes join it, then the third ones.
    for (let number = 1; number <= nodesPerRegion; number += 1)
      await Promise.all(nodes.filter((node) => node.number === number).map(startNode));
    const [first] = nodes;
    if (first === undefined) throw new Error('a cluster has a node');
    await closeNew({ host: first.host, port: portsOf(first).client }, context);
    await waitForCluster(nodes, portsOf, context);
    keepStoragePort(dataFolder, portsOf(first).storage);
  };
  const names = clusterEngines(nodesPerRegion, areApart);
  await whilePortsAreMine('cassandra', context, () => onFreePorts(names, state, context, start));
}

async function closeNew(
  node: { readonly host: string; readonly port: number },
  { closed, nodesPerRegion, signal }: PrepareContext,
): Promise<void> {
  if (!closed) return;
  const copies = Object.fromEntries(cassandraRegions.map((region) => [region, nodesPerRegion]));
  await closeCassandra(node, copies, closed.secrets, signal);
}

/** Waits until each node sees all others as alive: only then every write succeeds. */
async function waitForCluster(
  nodes: readonly CassandraNode[],
  portsOf: (node: CassandraNode) => CassandraPorts,
  { closed, signal }: PrepareContext,
): Promise<void> {
  const access = closed ? administratorOf(closed.secrets) : undefined;
  const others = nodes.length - 1;
  const seesOthers = (node: CassandraNode) => {
    const { host } = node;
    const { client: port } = portsOf(node);
    return others === 1
      ? probeCassandraPair(host, port, access)
      : probeCassandraRing({ host, port }, others, access);
  };
  const joined = async () => (await Promise.all(nodes.map(seesOthers))).every(Boolean);
  if (await waitUntil(joined, { timeoutMs: joinTimeoutMs, everyMs: 100, signal })) return;
  throw new Error(`The Cassandra nodes do not see each other after ${joinTimeoutMs / 1_000} s`);
}
