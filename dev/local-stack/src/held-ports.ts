import { cacheFolder, knownFolders } from '@meridian/engines';
import { readStackState, type StackState } from './stack-state.ts';
import { partlyRuns } from './supervisor-state.ts';

/**
 * The ports of other stacks of this user, those of services that are down too: while one service of a stack runs, the others
 * may be started again where they were.
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

/** Nothing for a folder whose state cannot be understood: whoever starts a stack there is told. */
function stateIn(folder: string): StackState | undefined {
  try {
    return readStackState(folder);
  } catch {
    return undefined;
  }
}
