import { createSignal } from './signal.ts';

/** Work that is done again and again. */
export interface Repeated {
  /** There may be something to do: begin now. A call during the work in hand is kept. */
  wake(): void;
  /** Ends after the work in hand. */
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
