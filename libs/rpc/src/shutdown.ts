import { setTimeout as delay } from 'node:timers/promises';

/** What a shutdown goes through. */
interface Closing {
  readonly notServing: () => void;
  readonly endStreams: () => void;
  readonly cutCalls: () => void;
  readonly server: { shutdown(): Promise<void>; forceShutdown(): void };
  readonly pauseMs: number;
  readonly graceMs: number;
}

const CLOSING_MS = 500;

async function settled(work: Promise<unknown>, withinMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(withinMs, false, { signal: timer.signal }).catch(() => false);
  const first = await Promise.race([work.then(() => true), late]);
  timer.abort();
  return first;
}

/** NOT_SERVING, a pause, then calls under way end by themselves or are cut when the grace is over. */
export async function shutDown(closing: Closing): Promise<void> {
  const { server, pauseMs, graceMs } = closing;
  closing.notServing();
  await delay(pauseMs);
  closing.endStreams();
  const drained = server.shutdown().catch(() => undefined);
  if (await settled(drained, Math.max(0, graceMs - pauseMs))) return;
  closing.cutCalls();
  if (!(await settled(drained, CLOSING_MS))) server.forceShutdown();
}
