import { Presets, SingleBar } from 'cli-progress';
import { say } from './output.ts';
import { createRate, paceInWords, type Rate } from './rate.ts';

/** Shows the progress of work with several phases. */
export interface StepProgress {
  step(phase: string, done: number, total: number): void;
  stop(): void;
}

/** Where progress is shown. */
export interface ProgressDisplay {
  /** Whether a line can be overwritten. */
  readonly terminal: boolean;
  say(text: string): void;
  nowMs(): number;
}

const LINE_EVERY_MS = 5_000;

const stdout = (): ProgressDisplay => ({
  terminal: process.stdout.isTTY,
  say,
  nowMs: () => performance.now(),
});

/**
 * On a terminal, one bar per phase: how much is done of the total, the rate of the last seconds and the time left.
 * Elsewhere one line with the same content every five seconds, and one when a phase ends. Nothing when `quiet`.
 */
export function stepProgress(quiet = false, display: ProgressDisplay = stdout()): StepProgress {
  if (quiet) return { step: () => undefined, stop: () => undefined };
  return display.terminal ? barProgress(display) : lineProgress(display);
}

function barProgress({ nowMs }: ProgressDisplay): StepProgress {
  const format = '  {phase} [{bar}] {value}/{total} · {pace}';
  const bar = new SingleBar({ format, hideCursor: true }, Presets.shades_classic);
  let current: string | undefined;
  let rate: Rate | undefined;
  return {
    step(phase, done, total) {
      if (phase !== current) {
        bar.stop();
        rate = createRate(nowMs);
        bar.start(total, done, { phase: phase.padEnd(10), pace: '' });
        current = phase;
      }
      rate?.seen(done);
      bar.setTotal(total);
      bar.update(done, { pace: rate ? paceInWords(rate, total) : '' });
    },
    stop: () => bar.stop(),
  };
}

function lineProgress({ say: tell, nowMs }: ProgressDisplay): StepProgress {
  let current: { readonly phase: string; readonly rate: Rate; reached: number; toldAtMs: number } | undefined;
  const end = () => {
    if (current) tell(`  ${current.phase}: ${current.reached}`);
    current = undefined;
  };
  return {
    step(phase, done, total) {
      if (phase !== current?.phase) {
        end();
        current = { phase, rate: createRate(nowMs), reached: done, toldAtMs: nowMs() };
      }
      current.rate.seen(done);
      current.reached = done;
      if (nowMs() - current.toldAtMs < LINE_EVERY_MS) return;
      current.toldAtMs = nowMs();
      tell(`  ${phase}: ${done}/${total} · ${paceInWords(current.rate, total)}`);
    },
    stop: end,
  };
}
