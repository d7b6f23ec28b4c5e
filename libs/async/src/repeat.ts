import { createSignal } from './signal.ts';

/** Work that is repeated until it is stopped. */
export interface Repeated {
  /** Begins now, because there may be something to do. A call while work runs is remembered. */
  wake(): void;
  /** Stops after the current work. */
  stop(): Promise<void>;
}

/** Repeats work until it is stopped, with a pause of as many milliseconds as the work resolves with. The work never rejects. */
export function repeat(work: () => Promise<number>): Repeated {
  const woken = createSignal();
  let stopped = false;

  async function run(): Promise<void> {
    while (!stopped) {
      const pauseMs = await work();
      if (pauseMs > 0 && !stopped) await woken.wait(pauseMs);
    }
  }

  const running = run();
  return {
    wake: () => woken.notify(),
    async stop() {
      stopped = true;
      woken.notify();
      await running;
    },
  };
}
