import { setTimeout as pause } from 'node:timers/promises';
import type { FaultyEngines } from '../system/engines.ts';
import { randomOf } from '../system/random.ts';
import { runWave, waveText } from '../system/waves.ts';
import { checkerPool, whenDrained } from '../system/checker-pool.ts';
import type { Violation } from '../system/violation.ts';
import { askAtRest, type AskedAtRest } from './ask-at-rest.ts';
import { check, checkApplied } from './check.ts';
import { readRecorded, readRows, storeOf, whenApplied } from './evidence.ts';
import type { AppliedEvidence, ReadEvidence, RegionRows } from './history.ts';
import { injector } from './inject.ts';
import { expectedRows } from './oracle/expected-rows.ts';
import { processesOf, PROJECTOR_NAMES, tablesOf, type ProjectorName } from './projectors.ts';
import { nameOf, PARKING_KINDS, scheduleOf, type Fault, type FaultKind } from './schedule.ts';
import { fillIn, startSessions, type Sessions } from './sessions.ts';
import { isOfNodes, watchNodes } from './watch-nodes.ts';
import { startWatches, wavesWithChanges } from './watches.ts';
import { startReadSystem, type ReadSystem } from './system.ts';

/** One run: sessions and faults, then the check. */
export interface ReadRunOptions {
  readonly seed: number;
  /** How often every kind of fault comes. */
  readonly rounds?: number;
  /** Only these kinds; every kind when left out. */
  readonly kinds?: readonly FaultKind[];
  /** Only these read models; all when left out. */
  readonly projectors?: readonly ProjectorName[];
  /** No more processes of a projector than this. */
  readonly replicas?: number;
  /** Whether questions are asked; they need all read models. */
  readonly asks?: boolean;
  readonly sessions?: number;
  /** Whether rows are compared after half of the faults too, while the load rests; else in the end only. */
  readonly checksBetween?: boolean;
  /** How long the load goes on after the last fault. */
  readonly tailMs?: number;
  readonly defect?: string;
  readonly say: (line: string) => void;
}

/** What a run did and found. */
export interface ReadRunResult {
  /** The kinds of each wave. */
  readonly faults: readonly (readonly FaultKind[])[];
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  readonly logFolder: string;
}

const TAIL_MS = 2_000;
const CATCH_UP_MS = 90_000;
/** So often a region that is brought back may wait for a request over the distance, beyond that. */
const CATCH_UP_TRIPS = 300;

/** Runs a seeded schedule on real engines, and compares every row and every answer with the journal. */
export async function runRead(engines: FaultyEngines, options: ReadRunOptions): Promise<ReadRunResult> {
  const { seed, rounds = 1, kinds, sessions: count = 6, tailMs = TAIL_MS, defect, say } = options;
  const { projectors = PROJECTOR_NAMES, asks = true, checksBetween = false } = options;
  const random = randomOf(seed);
  const processes = processesOf(projectors, options.replicas);
  const waves = scheduleOf(random.fork(), { rounds, processes, ...(kinds ? { kinds } : {}) });
  const named = (fault: Fault) => nameOf(fault, processes);
  const kindsOf = waves.map(({ faults }) => faults.map(({ kind }) => kind));
  const parks = kindsOf.flat().some((kind) => PARKING_KINDS.includes(kind));
  for (const { faults, checked } of waves)
    say(`  planned: ${waveText(faults, named)}${checked ? ', then compared' : ''}`);
  const system = await startReadSystem(engines, { processes, asks, ...(defect ? { defect } : {}) });
  const startedMs = performance.now();
  const told = (line: string) => say(`  ${((performance.now() - startedMs) / 1_000).toFixed(1)} s: ${line}`);
  const pool = checkerPool(engines, system.space);
  try {
    await fillIn(system.command.address);
    const watches = startWatches(placesOf(system));
    const sessions = startSessions(placesOf(system), count, random.fork(), watches.watch);
    const { inject, hitNothing } = injector(engines, system, pool, told);
    if (waves.some(({ faults }) => faults.some(({ kind }) => kind.endsWith('store') || isOfNodes(kind))))
      await keepNoHints(engines);
    const between: Violation[] = [];
    const questions = questionsAtRest(system, sessions, count);
    const atRest = async () => {
      await whenDrained(pool);
      const applied = await gather(engines, system, pool, options);
      if (asks) await questions.ask(applied);
      return applied;
    };
    const rest = () => sessions.pause().then(atRest);
    const nodes = watchNodes({ sessions, asks, rest, told, named });
    for (const [index, { faults, pauseMs, checked }] of waves.entries()) {
      if (index > 0) watches.nextWave();
      await pause(pauseMs);
      await nodes.duringWave(faults, () => runWave(faults, inject));
      if (!checked || !checksBetween || between.length > 0) continue;
      const after = waveText(faults, named);
      for (const { rule, detail } of checkApplied(await rest()))
        between.push({ rule, detail: `after ${after}: ${detail}` });
      sessions.goOn();
    }
    await pause(tailMs);
    await sessions.finish();
    told('the load has ended; waiting for the read models');
    const rows = await atRest();
    const watched = await watches.finish(rows.journal);
    const { refusedAsParked } = sessions;
    const looks = [...sessions.looks, ...questions.looks()];
    const evidence: ReadEvidence = { ...rows, looks, watches: watched, parks, refusedAsParked };
    const found = [...between, ...check(evidence), ...questions.violations(), ...nodes.violations()];
    return {
      faults: kindsOf,
      violations: [...found, ...unforeseen(sessions)],
      counts: {
        ...countsOf(evidence, sessions, system),
        'answers once all was applied': questions.looks().length,
        'faults that hit nothing': hitNothing(),
        [`waves of ${waves.length} in which a watch pushed a change`]: wavesWithChanges(watched),
        ...nodes.counts(),
      },
      logFolder: system.logFolder,
    };
  } finally {
    await pool.close();
    await system.stop();
  }
}

/** Asks once everything is applied, as another session than those that rest, and keeps what it found. */
function questionsAtRest(system: ReadSystem, { refusedAsParked: again }: Sessions, session: number) {
  const asked: AskedAtRest[] = [];
  return {
    async ask(applied: AppliedEvidence): Promise<void> {
      asked.push(await askAtRest(placesOf(system), { applied, session, again }));
    },
    looks: () => asked.flatMap(({ looks }) => looks),
    violations: () => asked.flatMap(({ violations }) => violations),
  };
}

/** What a node missed must not reach it as a hint: it is to be away for longer than hints live. */
async function keepNoHints({ nodes, withoutHints }: FaultyEngines): Promise<void> {
  await Promise.all(nodes.map(({ name }) => withoutHints(name)));
}

function placesOf({ command, queries }: ReadSystem) {
  return {
    command: command.address,
    queries: new Map([...queries].map(([region, { address }]) => [region, address])),
  };
}

/** Waits until the read models have applied the journal, and reads what every region has. */
export async function gather(
  engines: FaultyEngines,
  { space }: Pick<ReadSystem, 'space'>,
  pool: ReturnType<typeof checkerPool>,
  { projectors = PROJECTOR_NAMES }: Pick<ReadRunOptions, 'projectors'>,
): Promise<AppliedEvidence> {
  const withinMs = CATCH_UP_MS + CATCH_UP_TRIPS * engines.distanceMs;
  const journal = await readRecorded(pool);
  const names: readonly string[] = projectors.flatMap(tablesOf);
  const tables = expectedRows(journal).filter(({ name }) => names.includes(name));
  const regions: RegionRows[] = [];
  const behind: string[] = [];
  for (const region of engines.regions) {
    const session = await storeOf(engines, region);
    try {
      behind.push(
        ...(await whenApplied(session, { keyspace: space, region, projectors, journal, withinMs })),
      );
      regions.push(await readRows(session, space, region, tables));
    } finally {
      await session.close();
    }
  }
  return { journal, regions, behind, tables: names };
}

function unforeseen({ unforeseen: errors }: Sessions): readonly Violation[] {
  return errors.map((detail) => ({ rule: 'errors are foreseen', detail }));
}

function countsOf(
  { journal, regions, looks, watches }: ReadEvidence,
  { counts }: Sessions,
  { projectors }: ReadSystem,
) {
  const sum = (count: (replica: ReadSystem['projectors'][number]) => number) =>
    projectors.reduce((total, replica) => total + count(replica), 0);
  const rows = regions.flatMap(({ tables }) => tables.map((table) => table.rows.size));
  return {
    ...counts,
    'services that gave up and were restarted': sum(({ process }) => process.restarts()),
    'offset commits cut': sum(({ kafkaProxy }) => kafkaProxy.cuts()),
    'writes held or lost': sum(({ storeProxy }) => storeProxy.held()),
    'journal events': journal.length,
    'answers checked': looks.length,
    'watched orders': watches.length,
    'pushes checked': watches.reduce((sum, { pushes }) => sum + pushes.length, 0),
    'rows compared': rows.reduce((sum, size) => sum + size, 0),
  };
}
