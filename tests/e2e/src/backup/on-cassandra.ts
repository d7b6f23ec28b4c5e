import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import { contactPointsOf, isEngineName, nodetool } from '@meridian/engines';
import type { RunningStack } from '@meridian/local-stack';

/** Runs commands of nodetool, one after the other, on the node of each region in turn. */
export async function onEveryNode(
  { folder, regions }: Pick<RunningStack, 'folder' | 'regions'>,
  commands: readonly (readonly string[])[],
): Promise<void> {
  for (const region of regions) {
    const node = `cassandra-${region}`;
    if (!isEngineName(node)) throw new Error(`${region} has no node`);
    for (const command of commands) await nodetool(`${folder}/engines`, node, command);
  }
}

/** Works on a session of the home region, and ends it. */
export async function inHome<T>(
  { regions, engineEnvironment }: Pick<RunningStack, 'regions' | 'engineEnvironment'>,
  work: (session: CassandraSession) => Promise<T>,
): Promise<T> {
  const [home = ''] = regions;
  const contactPoints = contactPointsOf(engineEnvironment, home);
  const session = await connectCassandra({ contactPoints, localDataCenter: home });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
