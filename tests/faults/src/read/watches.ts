import { createMeridianClient, failureOf, type MeridianClient } from '@meridian/client';
import type { ConsistencyToken } from '@meridian/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { namedBy, shownWhole, sourceOf } from './ask.ts';
import type { Recorded, Watched } from './history.ts';
import type { SessionPlaces } from './sessions.ts';

/** A session in each region that watches orders from soon after they were placed. */
export interface Watches {
  /**
   * Watches an order in one of the regions, while there is room in this wave. It takes one of a few orders, so that those of a
   * wave are placed one after the other. The token names at least its first event.
   */
  watch(orderId: string, token: ConsistencyToken): void;
  /** Makes room for more. An order stops changing soon, so each wave needs orders of its own. */
  nextWave(): void;
  /** Waits until every watch has shown the last version that the journal has, or has had ample time, and ends them. */
  finish(journal: readonly Recorded[]): Promise<readonly Watched[]>;
}

const MOST_PER_WAVE = 8;
/** Of so many orders one is watched. */
const ONE_OF = 3;
const SHOWN_WITHIN_MS = 120_000;
const POLL_MS = 50;

/** Watches nothing yet. */
export function startWatches({ command, queries }: SessionPlaces): Watches {
  const clients = [...queries].map(([region, address]) => ({
    region,
    client: createMeridianClient({ commandAddresses: [command], queryAddresses: [address] }),
  }));
  const watches: Open[] = [];
  const ending = new AbortController();
  const running: Promise<void>[] = [];
  let wave = 0;
  let placed = 0;
  return {
    watch(orderId, token) {
      const own = clients[watches.length % clients.length];
      const isLeftOut = placed++ % ONE_OF !== 0;
      if (!own || isLeftOut || watches.length >= (wave + 1) * MOST_PER_WAVE) return;
      own.client.see(token);
      const open: Open = { region: own.region, orderId, pushes: [] };
      watches.push(open);
      running.push(follow(own.client, open, () => wave, ending.signal));
    },
    nextWave() {
      wave += 1;
    },
    async finish(journal) {
      const newest = new Map(journal.map(({ aggregateId, version }) => [aggregateId, version]));
      const isThere = ({ orderId, pushes, failure }: Watched) =>
        failure !== undefined || pushes.at(-1)?.shown.version === newest.get(orderId);
      const deadline = performance.now() + SHOWN_WITHIN_MS;
      while (!watches.every(isThere) && performance.now() < deadline) await pause(POLL_MS);
      ending.abort();
      await Promise.all(running);
      for (const { client } of clients) client.close();
      return watches;
    },
  };
}

interface Open extends Watched {
  readonly pushes: Watched['pushes'][number][];
  failure?: string;
}

/**
 * Refusals of a watch that end by themselves, after which it is asked for again. A region may be behind the token. Also, the token may
 * name an event of the order that is put aside. The session's token names the newest event of the partition, whichever order it is of.
 */
const ASK_AGAIN: readonly string[] = ['UNAVAILABLE', 'AGGREGATE_PARKED'];

/** Whether a watch was refused in such a way, and has shown nothing yet. */
export const isAskedAgain = ({ failure, pushes }: Pick<Watched, 'failure' | 'pushes'>): boolean =>
  pushes.length === 0 && ASK_AGAIN.includes(failure ?? '');

/** Watches an order until the signal is aborted, or the watch ends in a way that it should not. */
async function follow(
  client: MeridianClient,
  open: Open,
  wave: () => number,
  signal: AbortSignal,
): Promise<void> {
  await followOnce(client, open, wave, signal);
  while (!signal.aborted && isAskedAgain(open)) {
    delete open.failure;
    // Where nothing listens, the next refusal would come at once.
    await pause(POLL_MS);
    await followOnce(client, open, wave, signal);
  }
}

async function followOnce(
  { orders }: MeridianClient,
  open: Open,
  wave: () => number,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const { order, freshness } of orders.watchOrder({ orderId: open.orderId }, { signal })) {
      const shown = shownWhole(order);
      const source = freshness && sourceOf(freshness);
      if (shown && source) open.pushes.push({ shown, named: namedBy(freshness), source, wave: wave() });
    }
    if (!signal.aborted) open.failure = 'its end';
  } catch (error) {
    if (!signal.aborted) open.failure = failureNameOf(error);
  }
}

/** What of a failure tells whether a watch is asked for again. */
function failureNameOf(error: unknown): string {
  const failure = failureOf(error);
  if (failure?.reason === 'AGGREGATE_PARKED') return failure.reason;
  return failure?.status ?? String(error);
}

/** How many of the waves a watch has pushed a change in; that an order was placed is none. */
export function wavesWithChanges(watches: readonly Watched[]): number {
  const changes = watches.flatMap(({ pushes }) => pushes.filter(({ shown }) => shown.version > 1n));
  return new Set(changes.map(({ wave }) => wave)).size;
}
