import type { Logger } from 'pino';

/** Why a service has to stop, and the exit code of an orderly stop for that reason. */
export interface StopOrder {
  readonly cause: string;
  readonly exitCode: number;
}

const FORCED_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves at the first reason to stop: SIGTERM, SIGINT, an error that nobody caught, or `fail`. A signal after that ends
 * the process at once; errors after that are logged.
 */
export function ordersToStop(log: Logger): { readonly stop: Promise<StopOrder>; fail(error: unknown): void } {
  const { promise: stop, resolve } = Promise.withResolvers<StopOrder>();
  let ordered = false;
  const order = (given: StopOrder): void => {
    ordered = true;
    resolve(given);
  };
  const fail = (cause: string, error: unknown): void => {
    log.fatal({ err: error, event: 'failed', cause }, 'an error that cannot be mended from inside');
    order({ cause, exitCode: 1 });
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (ordered) process.exit(FORCED_EXIT_CODES[signal]);
      order({ cause: signal, exitCode: 0 });
    });
  process.on('uncaughtException', (error) => fail('uncaughtException', error));
  process.on('unhandledRejection', (error) => fail('unhandledRejection', error));
  return { stop, fail: (error) => fail('fail', error) };
}
