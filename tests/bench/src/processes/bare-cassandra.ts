import cassandra from 'cassandra-driver';

const { types } = cassandra;

/** Statements at a quorum of the region that is asked. */
export const LOCAL_QUORUM: cassandra.QueryOptions = {
  prepare: true,
  isIdempotent: true,
  consistency: types.consistencies.localQuorum,
};

/** Statements at a quorum of every region. */
export const EACH_QUORUM: cassandra.QueryOptions = {
  ...LOCAL_QUORUM,
  consistency: types.consistencies.eachQuorum,
};

/** The driver itself, set up as ours is: as many connections, integers as they are. */
export async function connectBare(contactPoint: string, region: string): Promise<cassandra.Client> {
  const client = new cassandra.Client({
    contactPoints: [contactPoint],
    localDataCenter: region,
    encoding: { useBigIntAsLong: true },
    pooling: { coreConnectionsPerHost: { [types.distance.local]: 2 }, maxRequestsPerConnection: 2_048 },
  });
  await client.connect();
  return client;
}
