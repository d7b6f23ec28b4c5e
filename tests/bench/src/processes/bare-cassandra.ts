import cassandra from 'cassandra-driver';

const { types } = cassandra;

/** Statements at a quorum of the session's region. */
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

/** The bare driver, with our settings: the same number of connections, and integers as bigints. */
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
