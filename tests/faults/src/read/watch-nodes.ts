import { setTimeout as pause } from 'node:timers/promises';
import { waveText } from '../system/waves.ts';
import type { Violation } from '../system/violation.ts';
import { NODE_FAULT_KINDS, UNNOTICED_KINDS, type Fault, type FaultKind } from './schedule.ts';
import type { Sessions } from './sessions.ts';
import { checkUnnoticed, isJudged, type OneAway } from './unnoticed.ts';

/** Looks at what becomes of questions while some nodes of a region are harmed. */
export interface NodeWatch {
  /** Runs a wave. Before one that nobody may notice, it waits until nothing is left of the waves before. */
  duringWave(faults: readonly Fault[], run: () => Promise<void>): Promise<void>;
  violations(): readonly Violation[];
  /** How often one node of three was away, where that ever was; and how often the machine was too busy to judge it. */
  counts(): Readonly<Record<string, number>>;
}

interface WatchOptions {
  readonly sessions: Sessions;
  readonly asks: boolean;
  /** Pauses the sessions, and resolves when all is applied. */
  readonly rest: () => Promise<unknown>;
  readonly told: (line: string) => void;
  readonly named: (fault: Fault) => string;
}

/** How long questions are looked at before a fault that nobody may notice. */
const QUIET_MS = 4_000;

/** Whether a kind harms some nodes of a region. */
export function isOfNodes(kind: FaultKind): boolean {
  return NODE_FAULT_KINDS.some((one) => one === kind);
}

/** Watches nothing but waves with faults of nodes. */
export function watchNodes({ sessions, asks, rest, told, named }: WatchOptions): NodeWatch {
  const spans: OneAway[] = [];

  async function unnoticed(faults: readonly Fault[], run: () => Promise<void>): Promise<void> {
    await rest();
    sessions.goOn();
    const quietMs = performance.now();
    await pause(QUIET_MS);
    const fromMs = performance.now();
    await run();
    spans.push({
      fault: waveText(faults, named),
      before: { fromMs: quietMs, untilMs: fromMs },
      during: { fromMs, untilMs: performance.now() },
    });
  }

  return {
    async duringWave(faults, run) {
      if (!asks || !faults.some(({ kind }) => isOfNodes(kind))) return run();
      const before = { ...sessions.counts };
      const isUnnoticed = faults.every(({ kind }) => UNNOTICED_KINDS.includes(kind));
      await (isUnnoticed ? unnoticed(faults, run) : run());
      told(answersSince(before, sessions));
    },
    violations: () => [...checkUnnoticed(spans, sessions.unanswered)],
    counts(): Readonly<Record<string, number>> {
      if (spans.length === 0) return {};
      const judged = spans.filter((span) => isJudged(span, sessions.unanswered)).length;
      return {
        'times that one node of three was away and judged': judged,
        'times that the machine was too busy to judge': spans.length - judged,
      };
    },
  };
}

/** What became of the questions since a count of them. */
function answersSince(before: Sessions['counts'], { counts, answered, unanswered }: Sessions): string {
  const since = (name: string) => (counts[name] ?? 0) - (before[name] ?? 0);
  const answers = newest(answered, since('questions'));
  const longestMs = Math.max(0, ...answers.map(({ fromMs, untilMs }) => untilMs - fromMs));
  const failures = newest(unanswered, since('questions unanswered'));
  const named = Map.groupBy(failures, ({ status, region }) => `${status} in ${region}`);
  const details = [...named].map(([what, { length }]) => `${length} ${what}`).join(', ');
  return (
    `meanwhile ${answers.length} questions were answered, the slowest in ${Math.round(longestMs)} ms, ` +
    `and ${failures.length} were not${details === '' ? '' : `: ${details}`}`
  );
}

function newest<One>(all: readonly One[], count: number): readonly One[] {
  return all.slice(all.length - count);
}
