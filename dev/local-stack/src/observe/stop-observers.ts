import { endProcess } from '../service-process.ts';
import { OBSERVERS, readObservers } from './observers.ts';

/** Ends what watches the stack of a folder. Does nothing when nothing does. */
export async function stopObservers(folder: string): Promise<void> {
  const known = readObservers(folder);
  await Promise.all(
    OBSERVERS.map(async (name) => {
      const found = known[name];
      if (found) await endProcess(found.process);
    }),
  );
}
