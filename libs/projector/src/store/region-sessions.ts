import { within } from '@meridian/async';
import type { CassandraSession } from '@meridian/cassandra';

/** A session per region. Each is made when it is first asked for. */
export interface RegionSessions {
  /** Rejects when the region cannot be reached in time. The next call tries again. */
  get(region: string): Promise<CassandraSession>;
  close(): Promise<void>;
}

/** Connects to no region before `get`. */
export function createRegionSessions(
  connect: (region: string) => Promise<CassandraSession>,
  timeoutMs: number,
): RegionSessions {
  const connecting = new Map<string, Promise<CassandraSession>>();
  return {
    get(region) {
      let session = connecting.get(region);
      if (!session) {
        session = connect(region);
        connecting.set(region, session);
        session.catch(() => connecting.delete(region));
      }
      const late = () => new Error(`region ${region} was not reached within ${timeoutMs} ms`);
      return within(timeoutMs, session, late);
    },
    async close() {
      const made = await Promise.allSettled([...connecting.values()]);
      connecting.clear();
      const sessions = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      await Promise.all(sessions.map((session) => session.close()));
    },
  };
}
