import type { RunningStack } from './running-stack.ts';
import { readinessOf } from './service-process.ts';
import type { StackState } from './stack-state.ts';
import { aliveProcessOf, readSupervisorState, runsOutside } from './supervisor-state.ts';

/** Who is told how a start goes, and who may end it. */
export interface StartWatcher {
  readonly onServiceReady?: (name: string) => void;
  /** Called with the name of a service that runs and waits for an operator, and with what the operator has to do. */
  readonly onServiceWaits?: (name: string, advice: string) => void;
  /**
   * Ends a start that is under way. Everything that it started is stopped again, and the start rejects with the
   * signal's reason.
   */
  readonly signal?: AbortSignal;
}

/**
 * Starts the services of a stack that are not ready. A service that runs outside of the stack, on its port, counts as ready. One that
 * waits for an operator stays as it is, since it may be at work. When one does not come up, all that were started here are stopped
 * again. Those that were ready before go on.
 */
export async function startMissing(
  stack: RunningStack,
  state: StackState,
  { signal, onServiceReady, onServiceWaits }: StartWatcher,
): Promise<RunningStack> {
  const failed = new AbortController();
  const aborted = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const start = async (name: string) => {
    try {
      const advice = await stack.startService(name, aborted);
      if (advice === undefined) onServiceReady?.(name);
      else onServiceWaits?.(name, advice);
    } catch (error) {
      // The first failure ends the waiting for other services; only that failure shows what was wrong.
      failed.abort(error);
    }
  };
  const found = await notReady(stack.folder, state);
  for (const { name, advice } of found) if (advice !== undefined) onServiceWaits?.(name, advice);
  const missing = found.filter(({ advice }) => advice === undefined).map(({ name }) => name);
  await Promise.all(missing.map(start));
  if (failed.signal.aborted) await Promise.all(missing.map((name) => stack.stopService(name)));
  failed.signal.throwIfAborted();
  return stack;
}

async function notReady(
  folder: string,
  { services }: StackState,
): Promise<readonly { readonly name: string; readonly advice?: string | undefined }[]> {
  const restarted = readSupervisorState(folder);
  const missing = services.map(async (service) => {
    if (runsOutside(service)) return [];
    if (!aliveProcessOf(service, restarted)) return [{ name: service.name }];
    const { isReady, advice } = await readinessOf(service.httpPort);
    return isReady ? [] : [{ name: service.name, advice }];
  });
  return (await Promise.all(missing)).flat();
}
