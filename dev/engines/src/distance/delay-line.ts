/** Deliveries that are on their way: each comes so many milliseconds after it was added, and in the order of adding. */
export interface DelayLine {
  add(deliver: () => void): void;
  /** Forgets what is on its way. */
  clear(): void;
}

interface OnItsWay {
  readonly dueMs: number;
  readonly deliver: () => void;
}

/**
 * Makes a line. Deliveries do not wait for one another. However many are on their way, each takes the delay that held
 * when it was added, and never less. Only after a shorter delay does a delivery wait for those before it.
 */
export function createDelayLine(delayMs: () => number): DelayLine {
  let onTheirWay: OnItsWay[] = [];
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const [next] = onTheirWay;
    // A timer may fire a little early: what is not due then waits again.
    if (next) timer = setTimeout(deliverDue, Math.max(0, Math.ceil(next.dueMs - performance.now())));
  };
  function deliverDue(): void {
    timer = undefined;
    const nowMs = performance.now();
    const found = onTheirWay.findIndex(({ dueMs }) => dueMs > nowMs);
    const due = onTheirWay.splice(0, found < 0 ? onTheirWay.length : found);
    for (const { deliver } of due) deliver();
    if (timer === undefined) wait();
  }
  return {
    add(deliver) {
      const ms = delayMs();
      if (ms === 0 && onTheirWay.length === 0) {
        deliver();
        return;
      }
      onTheirWay.push({ dueMs: performance.now() + ms, deliver });
      if (timer === undefined) wait();
    },
    clear() {
      clearTimeout(timer);
      timer = undefined;
      onTheirWay = [];
    },
  };
}
