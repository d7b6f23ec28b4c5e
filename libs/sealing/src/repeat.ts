/** Work that is done again and again. */
export interface Repeated {
  /** There may be something to do: begin now. */
  wake(): void;
  /** Ends after the work in hand. */
  stop(): Promise<void>;
}

/** Repeats work until it is stopped, with a pause of as many milliseconds as the work resolves with. The work never rejects. */
export function repeat(work: () => Promise<number>): Repeated {
  let stopped = false;
  let woken = Promise.withResolvers<void>();

  async function run(): Promise<void> {
    while (!stopped) {
      woken = Promise.withResolvers<void>();
      const pauseMs = await work();
      if (pauseMs > 0 && !stopped) await pause(pauseMs);
    }
  }

  async function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, woken.promise]);
    clearTimeout(timer);
  }

  const running = run();
  return {
    wake: () => woken.resolve(),
    async stop() {
      stopped = true;
      woken.resolve();
      await running;
    },
  };
}
