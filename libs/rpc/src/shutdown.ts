import { setTimeout as delay } from 'node:timers/promises';
import { endsWithin } from '@meridian/async';

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

/** NOT_SERVING, a pause, then calls under way end by themselves or are cut when the grace is over. */
export async function shutDown(closing: Closing): Promise<void> {
  const { server, pauseMs, graceMs } = closing;
  closing.notServing();
  await delay(pauseMs);
  closing.endStreams();
  const drained = server.shutdown().catch(() => undefined);
  if (await endsWithin(Math.max(0, graceMs - pauseMs), drained)) return;
  closing.cutCalls();
  if (!(await endsWithin(CLOSING_MS, drained))) server.forceShutdown();
}
