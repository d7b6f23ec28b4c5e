import { setTimeout as pause } from 'node:timers/promises';
import { engineNames } from '@meridian/engines';
import { askAtRest } from '../read/ask-at-rest.ts';
import { check } from '../read/check.ts';
import { gather } from '../read/run-read.ts';
import { fillIn, startSessions, type Sessions } from '../read/sessions.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { randomOf } from '../system/random.ts';
import { checkerPool, whenDrained } from '../system/checker-pool.ts';
import type { Violation } from '../system/violation.ts';
import { startOneRegion, type OneRegion } from './one-region.ts';

/** What a run is. */
export interface NewRegionOptions {
  readonly seed: number;
  /** How long the load goes on before the region comes, and after it. */
  readonly restMs?: number;
  say(line: string): void;
}

/** What a run did and found. */
export interface NewRegionResult {
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
  readonly logFolder: string;
}

const REST_MS = 8_000;
const SESSIONS = 4;

/**
 * Adds a region to a system that runs in its home region alone, by the steps of the runbook, while sessions order and look.
 * Sessions of both regions go on afterwards. Every row of both regions and every answer is held against the journal.
 */
export async function runNewRegion(
  engines: FaultyEngines,
  { seed, restMs = REST_MS, say }: NewRegionOptions,
): Promise<NewRegionResult> {
  const [home = '', added = ''] = engines.regions;
  const random = randomOf(seed);
  const system = await startOneRegion(engines, home);
  const pool = checkerPool(engines, system.space);
  const startedMs = performance.now();
  const told = (line: string) => say(`  ${((performance.now() - startedMs) / 1_000).toFixed(1)} s: ${line}`);
  const sessions = (regions: readonly string[]): Sessions =>
    startSessions(system.places(regions), SESSIONS, random.fork(), () => undefined);
  try {
    await fillIn(system.command.address);
    const before = sessions([home]);
    await pause(restMs);
    await addRegion(engines, system, home, added, told);
    const after = sessions([home, added]);
    await pause(restMs);
    await Promise.all([before.finish(), after.finish()]);
    await whenDrained(pool);
    told('the load has ended; waiting for both regions');
    const applied = await gather(engines, system, pool, {});
    const asked = await askAtRest(system.places([home, added]), { applied, session: 2 * SESSIONS });
    // A session of the second kind is another one than that with its number among the first.
    const later = after.looks.map((look) => ({ ...look, session: look.session + SESSIONS }));
    const looks = [...before.looks, ...later, ...asked.looks];
    const refusedAsParked = [...before.refusedAsParked, ...after.refusedAsParked];
    const evidence = { ...applied, looks, watches: [], parks: false, refusedAsParked };
    const errors = [...before.unforeseen, ...after.unforeseen];
    return {
      violations: [
        ...check(evidence),
        ...errors.map((detail) => ({ rule: 'errors are foreseen', detail })),
        ...asked.violations,
      ],
      counts: {
        'journal events': applied.journal.length,
        'answers checked': evidence.looks.length,
        [`answers of ${added}`]: later.filter(({ region }) => region === added).length,
        'rows compared': applied.regions
          .flatMap(({ tables }) => tables.map(({ rows }) => rows.size))
          .reduce((sum, size) => sum + size, 0),
      },
      logFolder: system.logFolder,
    };
  } finally {
    await pool.close();
    await system.stop();
  }
}

/** The runbook's steps, in its order. */
async function addRegion(
  engines: FaultyEngines,
  system: OneRegion,
  home: string,
  added: string,
  told: (line: string) => void,
): Promise<void> {
  const node = engineNames.find((name) => name === `cassandra-${added}`);
  if (!node) throw new Error(`there is no engine of ${added}`);
  await system.replicateOver([home, added]);
  for (const keyspace of system.keyspaces) await engines.fill(node, keyspace, home);
  told(`the keyspaces are in ${added}`);
  await system.restartWriters([home, added]);
  told('projectors and command-service know of it');
  await system.startQueries(added, [home, added]);
  told(`${added} answers`);
}
