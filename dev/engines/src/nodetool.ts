import { realpathSync } from 'node:fs';
import { readState } from './engine-state.ts';
import type { EngineName } from './engine-types.ts';
import { runCommand } from './run-command.ts';

/**
 * Runs Cassandra's `nodetool` against one node that was started as a process in a data folder; resolves when nodetool
 * has succeeded. Rejects with CommandFailedError, or when the engine is no such node.
 */
export async function nodetool(dataFolder: string, name: EngineName, args: readonly string[]): Promise<void> {
  const folder = realpathSync(dataFolder);
  const record = readState(folder)?.engines[name];
  const port = record?.ports['jmx'];
  if (!record || port === undefined) throw new Error(`${name} is no Cassandra node of ${folder}`);
  const { command, args: started } = record.launch;
  const libraries = started[started.indexOf('-cp') + 1] ?? '';
  // Otherwise nodetool keeps a history of its commands in the user's folder.
  const quick = [`-Duser.home=${folder}`, '-XX:TieredStopAtLevel=1'];
  const access = started.filter((option) => option.startsWith('--add-'));
  const main = 'org.apache.cassandra.tools.NodeTool';
  await runCommand(
    command,
    [...quick, ...access, '-cp', libraries, main, '-h', '127.0.0.1', '-p', String(port), ...args],
    {
      cwd: folder,
    },
  );
}
