import type { CassandraNode, CassandraPorts } from '../cassandra-nodes.ts';
import { broadcastHost } from '../cassandra-nodes.ts';
import type { Route } from './distance-proxy.ts';

/**
 * What is far from what. Nodes know each other by addresses at which the distance listens; nodes of one region then
 * leave these for each other's own. Clients of a region use the port of their region at every node. Nodes of
 * their region listen there themselves. At the other nodes, the distance listens there.
 */
export function routesBetween(
  nodes: readonly CassandraNode[],
  portsOf: (node: CassandraNode) => CassandraPorts,
): readonly Route[] {
  const clientPorts = new Map(nodes.map((node) => [node.region, portsOf(node).client]));
  return nodes.flatMap((node) => {
    const { host, region } = node;
    const { client, storage } = portsOf(node);
    const fromNodes: Route = {
      listen: { host: broadcastHost(node), port: storage },
      to: { host, port: storage },
    };
    const fromClients = [...clientPorts]
      .filter(([other]) => other !== region)
      .map(([, port]): Route => ({ listen: { host, port }, to: { host, port: client } }));
    return [fromNodes, ...fromClients];
  });
}
