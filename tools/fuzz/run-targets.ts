import fc from 'fast-check';
import { FindingError, type Target } from './target.ts';

/** What a run found. */
export interface FuzzReport {
  /** Inputs that were tried, by target. */
  readonly counts: ReadonlyMap<string, number>;
  readonly failures: readonly FuzzFailure[];
  /** By how many bytes the memory of the process grew from the first turn's end to its highest. */
  readonly grownBytes: number;
}

/** An input for which something does not hold. */
export interface FuzzFailure {
  readonly target: string;
  /** The seed of the turn: with it as `--seed`, the first turn fails. */
  readonly seed: number;
  /** The smallest input that was found. */
  readonly input: string;
  readonly why: string;
}

/** How long to run, and from which seed. */
export interface FuzzOptions {
  readonly seed: number;
  /** Turns of all targets; without a bound, until `signal` is aborted. */
  readonly turns?: number;
  /** Which part of each target's inputs a turn tries; all by default. */
  readonly share?: number;
  readonly signal?: AbortSignal;
}

const MOST_GROWN_BYTES = 512 * 1_024 * 1_024;
const LONGEST_SHRINK_MS = 20_000;

/** Errors that nobody awaited: every one is a failure of the input under way. */
function watchUncaught(): { check(): void; stop(): void } {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  return {
    check() {
      const [first] = uncaught.splice(0);
      if (first === undefined) return;
      throw new FindingError(`an error that nobody caught: ${textOf(first)}`, { cause: first });
    },
    stop() {
      process.off('uncaughtException', note);
      process.off('unhandledRejection', note);
    },
  };
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
const nextTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turn(
  one: Target,
  numRuns: number,
  seed: number,
  check: () => void,
): Promise<FuzzFailure | undefined> {
  const property = fc.asyncProperty(one.inputs, async (input) => {
    await one.try(input);
    // A rejection that nobody handles is told of after the promises of this turn of the event loop.
    await nextTick();
    check();
  });
  const details = await fc.check(property, {
    seed,
    numRuns,
    interruptAfterTimeLimit: LONGEST_SHRINK_MS,
    markInterruptAsFailure: false,
  });
  if (!details.failed) return undefined;
  const [input] = details.counterexample ?? [];
  return { target: one.name, seed, input: fc.stringify(input), why: textOf(details.errorInstance) };
}

/**
 * Tries every target turn by turn, with one seed per turn, and ends a target at its first failure. The same seed tries the
 * same inputs. Memory that grows beyond 512 MiB is a failure, too.
 */
export async function runTargets(targets: readonly Target[], options: FuzzOptions): Promise<FuzzReport> {
  const { seed, turns = Infinity, share = 1, signal } = options;
  const counts = new Map(targets.map(({ name }) => [name, 0]));
  const failures: FuzzFailure[] = [];
  const uncaught = watchUncaught();
  let firstBytes: number | undefined;
  let grownBytes = 0;
  try {
    for (let done = 0; done < turns && !signal?.aborted; done++) {
      for (const one of targets) {
        if (signal?.aborted || failures.some(({ target }) => target === one.name)) continue;
        const inputs = Math.ceil(one.inputsPerTurn * share);
        const failure = await turn(one, inputs, seed + done, uncaught.check);
        counts.set(one.name, (counts.get(one.name) ?? 0) + inputs);
        if (failure) failures.push(failure);
      }
      firstBytes ??= process.memoryUsage.rss();
      grownBytes = Math.max(grownBytes, process.memoryUsage.rss() - firstBytes);
      if (failures.length === targets.length) break;
    }
  } finally {
    uncaught.stop();
  }
  if (grownBytes > MOST_GROWN_BYTES)
    failures.push({ target: 'memory', seed, input: '', why: `memory grew by ${grownBytes} bytes` });
  return { counts, failures, grownBytes };
}
