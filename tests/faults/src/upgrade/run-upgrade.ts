import { createMeridianClient } from '@meridian/client';
import { openSessions, openTruth, type OrderSessions } from '@meridian/testing';
import { checkOut } from '@meridian/testing/other-version';
import { changedReadModels } from './changed-read-models.ts';
import type { FaultyEngines } from '../system/engines.ts';
import type { Violation } from '../system/violation.ts';
import { startUpgradedSystem, type UpgradedService, type UpgradedSystem } from './upgraded-system.ts';

/** What a run did and found. */
export interface UpgradeResult {
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
  readonly logFolder: string;
}

/** What a run is. */
export interface UpgradeOptions {
  /** The commit that is upgraded from. */
  readonly from: string;
  say(line: string): void;
}

const ASK_WITHIN_MS = 60_000;
/** Sales of the sessions' orders are of today. */
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/**
 * Replaces every service of a system by this workspace's version and back, replica by replica. Meanwhile sessions in
 * every region change orders and check each answer. Projectors go first on the way forward and last on the way back:
 * they must know every event that is recorded. The projectors of a changed projection stay: they feed what answers until a
 * rebuild. A failed call, a wrong answer, a fault of the journal and a total that
 * differs from MySQL are violations.
 */
export async function runUpgrade(
  engines: FaultyEngines,
  { from, say }: UpgradeOptions,
): Promise<UpgradeResult> {
  const startedAt = Date.now();
  const old = await checkOut(from);
  say(`${old.name} is installed; starting two replicas of every service`);
  const system = await startUpgradedSystem(engines, old);
  try {
    const query = Object.fromEntries(
      [...system.queries].map(([region, { addresses }]) => [region, addresses]),
    );
    const sessions = await openSessions({ command: system.command.addresses, query });
    const stay = await changedReadModels(old);
    for (const name of stay)
      say(`  projector-${name} stays: its projection has another version, which a rebuild brings`);
    const replacedProjectors = system.projectors.filter(
      ({ name }) => !stay.some((one) => name === `projector-${one}`),
    );
    const forward = [...replacedProjectors, ...system.queries.values(), system.command];
    const replaced = await Promise.resolve()
      .then(async () => {
        const there = await rollAll(forward, { name: 'new' }, sessions, say);
        return there + (await rollAll(forward.toReversed(), old, sessions, say));
      })
      .finally(() => sessions.stop());
    const wrong = sessions.wrong.map((detail) => ({ rule: 'no call fails, no answer is wrong', detail }));
    const { violations, orders } = await compare(system, engines, dayOf(startedAt));
    return {
      violations: [...wrong, ...violations],
      counts: {
        'replicas replaced': replaced,
        'answers checked': sessions.checked(),
        'orders compared': orders,
      },
      logFolder: system.logFolder,
    };
  } finally {
    await system.stop();
  }
}

async function rollAll(
  services: readonly UpgradedService[],
  version: Parameters<UpgradedService['roll']>[0],
  sessions: OrderSessions,
  say: (line: string) => void,
): Promise<number> {
  let replaced = 0;
  for (const service of services) {
    const before = sessions.checked();
    const startedAt = performance.now();
    await service.roll(version);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    replaced += service.addresses.length;
    const { checked, wrong } = { checked: sessions.checked() - before, wrong: sessions.wrong.length };
    say(
      `  ${service.name}: ${version.name} after ${seconds} s; ${checked} answers checked meanwhile, ${wrong} wrong so far`,
    );
  }
  return replaced;
}

/** Compares what every region answers with MySQL, once all is quiet. */
export async function compare(
  { command, queries, space }: UpgradedSystem,
  { environment }: FaultyEngines,
  fromDay: string,
): Promise<{ readonly violations: readonly Violation[]; readonly orders: number }> {
  const truth = openTruth(environment['MERIDIAN_MYSQL_URL'] ?? '', space);
  const violations: Violation[] = (await truth.journalFaults()).map((detail) => ({
    rule: 'a whole journal',
    detail,
  }));
  try {
    const expected = await truth.salesByCountry();
    const orders = [...expected.values()].reduce((sum, country) => sum + Number(country.orders), 0);
    for (const [region, { addresses }] of queries) {
      const client = createMeridianClient({
        commandAddresses: command.addresses,
        queryAddresses: addresses,
        token: await truth.lastToken(),
      });
      try {
        const { rows } = await client.sales.getDailySales({ fromDay }, { deadline: ASK_WITHIN_MS });
        for (const [country, { orders: placed, revenueMinor }] of expected) {
          const own = rows.filter((row) => row.country === country);
          const answered = {
            orders: own.reduce((sum, row) => sum + row.ordersPlaced, 0n),
            revenueMinor: own.reduce((sum, row) => sum + (row.revenue?.amountMinor ?? 0n), 0n),
          };
          if (answered.orders === placed && answered.revenueMinor === revenueMinor) continue;
          const detail = `${region}, ${country}: ${answered.orders} orders of ${answered.revenueMinor}, not ${placed} of ${revenueMinor}`;
          violations.push({ rule: 'every region has the totals of MySQL', detail });
        }
      } finally {
        client.close();
      }
    }
    return { violations, orders };
  } finally {
    await truth.close();
  }
}
