import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cassandraVariable, workspaceFolder } from '@meridian/engines';
import type { FaultyEngines } from '../system/engines.ts';
import type { ProjectorReplica, ReadSystem } from './system.ts';

const RETRY_WITHIN_S = 60;
const run = promisify(execFile);

/** Puts other code in the place of what replicas run; the code as it is, when no version is named. */
export async function replaceBy(
  version: string | undefined,
  replicas: readonly ProjectorReplica[],
): Promise<void> {
  const environment: Record<string, string> =
    version === undefined ? {} : { MERIDIAN_FAULTS_DEFECT: version };
  await Promise.all(replicas.map(({ process }) => process.end()));
  await Promise.all(replicas.map(({ process }) => process.start(environment)));
}

/** Retries all that a projector has parked, as an operator would. Answers with how many; throws when one cannot be applied. */
export async function retryParked(
  { environment, regions }: FaultyEngines,
  { space }: ReadSystem,
  projector: string,
): Promise<number> {
  const [region = ''] = regions;
  const nodes = environment[cassandraVariable(region)] ?? '';
  const stores = ['--region', region, '--cassandra', nodes, '--keyspace', space];
  const parked = async (...command: string[]) => {
    const main = 'apps/cli/src/main.ts';
    const { stdout } = await run(process.execPath, [main, 'parked', ...command, ...stores], {
      cwd: workspaceFolder(),
      env: { ...process.env, ...environment },
    });
    return stdout;
  };
  const listed: unknown = JSON.parse(await parked('list', projector, '--json'));
  if (!Array.isArray(listed)) throw new Error('what is parked is no list');
  const ids = new Set(listed.flatMap((one: unknown) => idOf(one)));
  for (const id of ids) await parked('retry', projector, id, '--wait', String(RETRY_WITHIN_S));
  return ids.size;
}

/** The id of what is parked; none of what waits for another version, which nobody has to retry. */
function idOf(listed: unknown): readonly string[] {
  if (typeof listed !== 'object' || listed === null || !('aggregateId' in listed) || !('state' in listed))
    throw new Error('something that is parked has no id or no state');
  return listed.state === 'parked' ? [String(listed.aggregateId)] : [];
}
