import { createHash } from 'node:crypto';
import { routingKeyOf, type CassandraSession } from '@meridian/cassandra';

/** Cassandra's own default. */
const VNODES = 16;
const REPLICAS = 3;

/**
 * Where partitions are in a region with so many nodes, 16 tokens each. A partition is on the next three nodes of the
 * ring, as Cassandra's NetworkTopologyStrategy has it in one rack. Tokens are hashes of names and of keys, so every run
 * has the same ring. The session sends nothing.
 */
export function ringOf(nodes: number): CassandraSession {
  const ring = Array.from({ length: nodes * VNODES }, (_, n) => ({
    token: tokenOf(Buffer.from(`node ${n % nodes}, token ${Math.floor(n / nodes)}`)),
    node: `node-${n % nodes}`,
  })).sort((one, other) => one.token - other.token);
  return {
    execute: nothingIsSent,
    executeIf: nothingIsSent,
    batch: nothingIsSent,
    schema: nothingIsSent,
    close: nothingIsSent,
    placementOf(keyspace, key) {
      const routingKey = routingKeyOf(key);
      const token = tokenOf(routingKey);
      const from = ring.findIndex((place) => place.token >= token);
      const coordinators = new Set<string>();
      for (let n = 0; n < ring.length && coordinators.size < Math.min(REPLICAS, nodes); n++)
        coordinators.add(ring[(Math.max(0, from) + n) % ring.length]?.node ?? '');
      return { keyspace, routingKey, coordinators: [...coordinators] };
    },
  };
}

const tokenOf = (bytes: Buffer) => createHash('md5').update(bytes).digest().readUInt32BE(0);

const nothingIsSent = () => Promise.reject(new Error('there are no nodes behind this ring'));
