import { cacheFolder, knownFolders } from '@meridian/engines';
import { readStackState, type StackState } from './stack-state.ts';
import { partlyRuns } from './supervisor-state.ts';

/**
 * The ports of other stacks of this user, including stopped services. While one service of a stack runs, its other
 * services may be started again on their old ports.
 */
export function portsOfOtherStacks(
  own: string,
  cache: string = cacheFolder(process.env),
): ReadonlySet<number> {
  const others = knownFolders(cache, 'stacks').filter((folder) => folder !== own);
  return new Set(others.flatMap(portsOf));
}

function portsOf(folder: string): readonly number[] {
  const state = stateIn(folder);
  if (!state || !partlyRuns(folder, state)) return [];
  return state.services.flatMap(({ httpPort, grpcPort }) => [httpPort, grpcPort ?? []].flat());
}

/** Nothing for a folder with an unreadable state: a start of a stack there reports the problem. */
function stateIn(folder: string): StackState | undefined {
  try {
    return readStackState(folder);
  } catch {
    return undefined;
  }
}
