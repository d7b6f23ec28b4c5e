import { verifyJournal } from '@meridian/write-store';
import { setTimeout as pause } from 'node:timers/promises';
import { checkerPool, whenDrained } from '../system/checker-pool.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { randomOf } from '../system/random.ts';
import type { Violation } from '../system/violation.ts';
import { lengthOf, runWave, waveText, type Unit } from '../system/waves.ts';
import { check } from './check.ts';
import { startClients } from './clients.ts';
import {
  readKafka,
  readStepsBack,
  readStocks,
  readWholeJournal,
  sumOfMetric,
  watchCursors,
} from './evidence.ts';
import type { Evidence, Harm } from './history.ts';
import { inject } from './inject.ts';
import { harmsReplica, scheduleOf, type Fault, type FaultKind } from './schedule.ts';
import { startWriteSystem, type WriteSystem } from './system.ts';

/** One run: load and faults for so long, then the check. */
export interface WriteRunOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly replicas?: number;
  readonly clients?: number;
  /** Only these kinds, in turn, some of them together; every kind when left out. */
  readonly only?: readonly Unit<FaultKind>[];
  readonly defect?: string;
  readonly say: (line: string) => void;
}

/** What a run did and found. */
export interface WriteRunResult {
  readonly faults: readonly Fault[];
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  /** Where the replicas' logs are. */
  readonly logFolder: string;
}

/** Runs a seeded schedule on real engines and checks everything that was seen. */
export async function runWrite(engines: FaultyEngines, options: WriteRunOptions): Promise<WriteRunResult> {
  const { seed, seconds, replicas = 3, clients: clientCount = 16, only, defect, say } = options;
  const random = randomOf(seed);
  const waves = scheduleOf(random.fork(), { seconds, replicas, ...(only ? { only } : {}) });
  for (const { atMs, faults } of waves)
    say(`  planned at ${(atMs / 1_000).toFixed(1)} s: ${waveText(faults, nameOf)}`);
  const system = await startWriteSystem(engines, { replicas, ...(defect ? { defect } : {}) });
  const pool = checkerPool(engines, system.space);
  try {
    await watchCursors(pool);
    const addresses = system.replicas.map(({ address }) => address);
    const clients = startClients(addresses, clientCount, random.fork());
    const startedAtMs = Date.now();
    const harms: Harm[] = [];
    const done = async (fault: Fault) => {
      const fromMs = Date.now();
      say(`  ${((fromMs - startedAtMs) / 1_000).toFixed(1)} s: ${nameOf(fault)} for ${fault.lastsMs} ms`);
      const hit = await inject(fault, system, engines);
      if (hit) harms.push({ kind: fault.kind, replica: fault.replica, fromMs, untilMs: Date.now() });
      else say(`  ${nameOf(fault)} hit nothing`);
    };
    // A fault that took longer to heal than planned moves the later waves, so that they do not fall all at once.
    let lateMs = 0;
    for (const { atMs, faults } of waves) {
      await pause(Math.max(0, startedAtMs + atMs + lateMs - Date.now()));
      await runWave(faults, done);
      lateMs = Math.max(lateMs, Date.now() - startedAtMs - atMs - lengthOf(faults));
    }
    await pause(Math.max(0, startedAtMs + seconds * 1_000 - Date.now()));
    await clients.finish();
    await whenDrained(pool);
    const evidence: Evidence = {
      attempts: clients.attempts,
      journal: await readWholeJournal(pool),
      published: await readKafka(engines, system.space),
      stocks: await readStocks(pool),
      verified: (await verifyJournal({ pool })).violations,
      stepsBack: await readStepsBack(pool),
      lateCommits: system.mysqlProxy.late(),
      harms,
      commits: await commitsOf(system),
    };
    return {
      faults: waves.flatMap(({ faults }) => faults),
      violations: check(evidence),
      counts: countsOf(evidence, system),
      logFolder: system.logFolder,
    };
  } finally {
    await pool.close();
    await system.stop();
  }
}

const nameOf = (fault: Fault): string =>
  harmsReplica(fault) ? `${fault.kind} ${fault.replica}` : fault.kind;

async function commitsOf({ replicas }: WriteSystem): Promise<Evidence['commits']> {
  const texts = await Promise.all(replicas.map((replica) => replica.metrics()));
  const sum = (name: string, label?: string) =>
    texts.reduce((total, text) => total + sumOfMetric(text, name, label), 0);
  return {
    groups: sum('meridian_commit_group_commands_count'),
    retries: sum('meridian_commit_retries_total', 'cause="lock"'),
  };
}

function countsOf(
  { attempts, journal, published, commits }: Evidence,
  { mysqlProxy, kafkaProxy }: WriteSystem,
) {
  const outcomes: Record<string, number> = {};
  for (const { outcome } of attempts) {
    const name = outcome.kind === 'accepted' && outcome.replayed ? 'replayed' : outcome.kind;
    outcomes[name] = (outcomes[name] ?? 0) + 1;
  }
  const distinct = new Set(published.map(({ position }) => position)).size;
  return {
    attempts: attempts.length,
    ...outcomes,
    'journal events': journal.length,
    'Kafka duplicates': published.length - distinct,
    groups: commits.groups,
    'groups that a lock rolled back': commits.retries,
    'commits cut': mysqlProxy.cuts(),
    'commits late': mysqlProxy.late().length,
    'produces cut': kafkaProxy.cuts(),
  };
}
