import { openSessions, type OrderSessions } from '@meridian/testing';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultyEngines } from '../system/engines.ts';
import { compare, type UpgradeResult } from '../upgrade/run-upgrade.ts';
import {
  startUpgradedSystem,
  type UpgradedService,
  type UpgradedSystem,
} from '../upgrade/upgraded-system.ts';

/** What a run is. */
export interface ZoneOptions {
  /** How long the load goes on while something is away, and after it is back. */
  readonly restMs?: number;
  say(line: string): void;
}

const REST_MS = 10_000;
/** Of two replicas of each service this one is in the zone that is lost. */
const LOST = 1;
const THIS_VERSION = { name: 'this version' };

/**
 * Kills one query-service of each region. Then it kills one replica of every service at once, as the loss of a zone
 * does. Meanwhile, sessions in every region change orders and check each answer. What was killed stays away for a while
 * and comes back. A failed call, a wrong answer, a fault of the journal and a total that differs from MySQL are
 * violations. The engines are not harmed here.
 */
export async function runZone(
  engines: FaultyEngines,
  { restMs = REST_MS, say }: ZoneOptions,
): Promise<UpgradeResult> {
  const fromDay = new Date().toISOString().slice(0, 10);
  say('starting two replicas of every service');
  const system = await startUpgradedSystem(engines, THIS_VERSION);
  try {
    const sessions = await openSessions({ command: system.command.addresses, query: queriesOf(system) });
    const readers = [...system.queries.values()];
    const everything = [system.command, ...readers, ...system.projectors];
    const killed = await Promise.resolve()
      .then(async () => {
        await pause(restMs);
        await lose('a query-service of each region', readers, sessions);
        await lose('a zone', everything, sessions);
        return readers.length + everything.length;
      })
      .finally(() => sessions.stop());
    const wrong = sessions.wrong.map((detail) => ({ rule: 'no call fails, no answer is wrong', detail }));
    const { violations, orders } = await compare(system, engines, fromDay);
    return {
      violations: [...wrong, ...violations],
      counts: {
        'replicas killed': killed,
        'answers checked': sessions.checked(),
        'orders compared': orders,
      },
      logFolder: system.logFolder,
    };
  } finally {
    await system.stop();
  }

  async function lose(
    what: string,
    services: readonly UpgradedService[],
    sessions: OrderSessions,
  ): Promise<void> {
    const before = sessions.checked();
    await Promise.all(services.map((service) => service.lose(LOST)));
    await pause(restMs);
    const away = sessions.checked() - before;
    for (const service of services) await service.replace(LOST, THIS_VERSION);
    await pause(restMs);
    const { checked, wrong } = { checked: sessions.checked() - before, wrong: sessions.wrong.length };
    say(
      `  ${what} was away and is back; ${away} answers checked while it was away, ${checked} in all, ${wrong} wrong so far`,
    );
  }
}

function queriesOf({ queries }: UpgradedSystem): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...queries].map(([region, { addresses }]) => [region, addresses]));
}
