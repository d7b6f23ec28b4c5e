import { setTimeout as pause } from 'node:timers/promises';
import { checkApplied } from '../read/check.ts';
import type { ProjectorName } from '../read/projectors.ts';
import { gather } from '../read/run-read.ts';
import { fillIn, startSessions } from '../read/sessions.ts';
import { startReadSystem, type ProjectorReplica, type ReadSystem } from '../read/system.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { randomOf } from '../system/random.ts';
import { startSome } from '../system/start-some.ts';
import { checkerPool, whenDrained } from '../system/checker-pool.ts';
import type { Violation } from '../system/violation.ts';
import { watchProgress } from './progress-watch.ts';

/** What a run is. */
export interface ScaleOptions {
  readonly seed: number;
  /** How many replicas run, one number after the other; the first from the beginning. */
  readonly steps: readonly number[];
  /** How long the load goes on after each step. */
  readonly restMs?: number;
  readonly sessions?: number;
  say(line: string): void;
}

/** What a run did and found. */
export interface ScaleResult {
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
  readonly logFolder: string;
}

/** The projector that is scaled. No other one runs: two cores carry twelve processes of one, not of five. */
const SCALED: ProjectorName = 'orders';
const REST_MS = 10_000;
const SESSIONS = 6;

/**
 * Scales a projector up and down while sessions place and change orders, and holds every row of every region against the
 * journal at the end. The longest pause of the read model is told by step and judged by nobody: it depends on the machine.
 */
export async function runScale(engines: FaultyEngines, options: ScaleOptions): Promise<ScaleResult> {
  const { seed, steps, restMs = REST_MS, sessions: count = SESSIONS, say } = options;
  const [first = 1, ...others] = steps;
  const processes = Array.from({ length: Math.max(...steps) }, () => SCALED);
  const system = await startReadSystem(engines, { processes, asks: false, running: first });
  const pool = checkerPool(engines, system.space);
  try {
    await fillIn(system.command.address);
    const places = { command: system.command.address, queries: new Map<string, string>() };
    const sessions = startSessions(places, count, randomOf(seed).fork(), () => undefined);
    const watch = await watchProgress(engines, system.space, pool, SCALED);
    let longestMs = 0;
    const told = (step: string) => {
      const longest = watch.take();
      longestMs = Math.max(longestMs, longest?.pauseMs ?? 0);
      const where = longest ? `${Math.round(longest.pauseMs)} ms, in ${longest.partition}` : 'none';
      say(`  ${step}; longest pause of the read model: ${where}`);
    };
    await pause(restMs);
    told(`${first} of ${SCALED} at rest`);
    for (const replicas of others) {
      const startedMs = performance.now();
      await scaleTo(system.projectors, replicas);
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
      await pause(restMs);
      told(`${replicas} of ${SCALED} after ${seconds} s`);
    }
    await sessions.finish();
    await whenDrained(pool);
    await watch.stop();
    const evidence = await gather(engines, system, pool, { projectors: [SCALED] });
    const unforeseen = sessions.unforeseen.map((detail) => ({ rule: 'errors are foreseen', detail }));
    return {
      violations: [...checkApplied(evidence), ...unforeseen, ...gaveUp(system)],
      counts: {
        ...sessions.counts,
        'journal events': evidence.journal.length,
        'rows compared': evidence.regions
          .flatMap(({ tables }) => tables.map(({ rows }) => rows.size))
          .reduce((sum, size) => sum + size, 0),
        'looks at the progress': watch.looks(),
        'ms of the longest pause': Math.round(longestMs),
      },
      logFolder: system.logFolder,
    };
  } finally {
    await pool.close();
    await system.stop();
  }
}

/** Starts those that are missing, or ends those that are too many, as a Deployment does: in no order, none waiting for another. */
async function scaleTo(replicas: readonly ProjectorReplica[], count: number): Promise<void> {
  const wanted = replicas.slice(0, count).map(({ process }) => process);
  await startSome(wanted.filter((process) => !process.isRunning()));
  await Promise.all(replicas.slice(count).map(({ process }) => process.end()));
}

/** Nothing was harmed: a replica that ended by itself is a fault of its own. */
function gaveUp({ projectors }: ReadSystem): readonly Violation[] {
  return projectors
    .filter(({ process }) => process.restarts() > 0)
    .map(({ process }) => ({
      rule: 'no replica gives up',
      detail: `${process.name} was started again ${process.restarts()} times`,
    }));
}
