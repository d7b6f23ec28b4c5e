import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PreparedEngine } from '../engine-state.ts';
import type { DistanceSettings } from './distance-proxy.ts';

/** The process that keeps the regions of a data folder apart. */
export function prepareDistance(dataFolder: string, settings: DistanceSettings): PreparedEngine {
  const folder = join(dataFolder, 'distance');
  mkdirSync(folder, { recursive: true });
  return {
    launch: {
      command: process.execPath,
      args: [
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, 'main.ts'),
        JSON.stringify(settings),
      ],
      cwd: folder,
      logFile: join(folder, 'distance.log'),
    },
    from: `${settings.distanceMs} ms between regions`,
  };
}
