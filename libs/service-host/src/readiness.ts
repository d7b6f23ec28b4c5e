import type { Logger } from 'pino';

/** A service whose readiness can be asked, and that is informed of changes. */
export interface Watched {
  ready(): boolean | Promise<boolean>;
  serving?(ready: boolean): void;
}

const BEFORE_FIRST_MS = 100;
const AFTER_FIRST_MS = 1_000;

/** Polls whether a service is ready, and reports every change; an answer that rejects means not ready. */
export function watchReadiness(
  service: Watched,
  log: Logger,
  changed: (ready: boolean, first: boolean) => void,
): { stop(): void } {
  let stopped = false;
  let wasEverReady = false;
  let last: boolean | undefined;
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<boolean> => {
    try {
      return await service.ready();
    } catch (error) {
      if (last !== false) log.warn({ err: error }, 'cannot tell whether the service is ready');
      return false;
    }
  };
  const look = async (): Promise<void> => {
    const ready = await ask();
    if (stopped) return;
    if (ready !== last) {
      const first = ready && !wasEverReady;
      wasEverReady ||= ready;
      if (last !== undefined && !first)
        log.info({ event: 'readiness', ready }, ready ? 'ready again' : 'not ready');
      last = ready;
      service.serving?.(ready);
      changed(ready, first);
    }
    timer = setTimeout(() => void look(), wasEverReady ? AFTER_FIRST_MS : BEFORE_FIRST_MS);
  };
  void look();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
