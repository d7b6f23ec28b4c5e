import { setTimeout as pause } from 'node:timers/promises';
import type { MysqlPool } from '@meridian/mysql';
import { readJournal } from '@meridian/write-store';
import { readProgress, storeOf } from '../read/evidence.ts';
import { contextsOf, type ProjectorName } from '../read/projectors.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { watchPauses, type LongestPause } from './pauses.ts';

/** Looks again and again how far a read model is in one region. */
export interface ProgressWatch {
  /** The longest pause since the last call. */
  take(): LongestPause | undefined;
  /** How often it looked. */
  looks(): number;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 50;
const CHUNK = 2_000;

/** Starts to look, past every proxy. `stop` rejects when a look failed: no pause that nobody saw may pass for none. */
export async function watchProgress(
  engines: FaultyEngines,
  space: string,
  pool: MysqlPool,
  projector: ProjectorName,
): Promise<ProgressWatch> {
  const [region = ''] = engines.regions;
  const session = await storeOf(engines, region);
  const contexts: readonly string[] = contextsOf(projector);
  const pauses = watchPauses();
  const recorded = new Map<string, bigint>();
  let [position, looks, stopping] = [0n, 0, false];

  async function look(): Promise<void> {
    for (let more = true; more;) {
      const chunk = await readJournal({ pool, afterPosition: position, limit: CHUNK });
      for (const event of chunk)
        if (contexts.includes(event.context)) recorded.set(`${event.context}/${event.shard}`, event.position);
      position = chunk.at(-1)?.position ?? position;
      more = chunk.length === CHUNK;
    }
    const appliedBy = await readProgress(session, space, region);
    pauses.saw(recorded, appliedBy(projector), performance.now());
    looks += 1;
  }

  const running = (async () => {
    while (!stopping) {
      await look();
      await pause(LOOK_EVERY_MS);
    }
  })();
  // Told by `stop`, whenever that is called.
  running.catch(() => undefined);
  return {
    take: pauses.take,
    looks: () => looks,
    async stop() {
      stopping = true;
      await running.finally(() => session.close());
    },
  };
}
