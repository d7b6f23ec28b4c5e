import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheFolder, cachedFolder } from '@meridian/engines';

/**
 * A folder of the user's cache, filled once by `fill`. Its name changes with `pinned`, so another version never mixes with
 * this one.
 */
export function toolFolder(
  name: string,
  pinned: unknown,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const checksum = createHash('sha256').update(JSON.stringify(pinned)).digest('hex').slice(0, 12);
  return cachedFolder(join(cacheFolder(process.env), 'deploy', `${name}-${checksum}`), fill);
}
