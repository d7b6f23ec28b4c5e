import { Presets, SingleBar } from 'cli-progress';
import { say } from './output.ts';

/** Shows how far a work of several phases is. */
export interface StepProgress {
  step(phase: string, done: number, total: number): void;
  stop(): void;
}

/** A bar a phase, with its rate and the time left, on a terminal; one line a phase elsewhere; nothing when `quiet`. */
export function stepProgress(quiet = false): StepProgress {
  const terminal = process.stdout.isTTY && !quiet;
  const bar = terminal
    ? new SingleBar(
        { format: '  {phase} [{bar}] {value}/{total} · {eta_formatted} left', hideCursor: true },
        Presets.shades_classic,
      )
    : undefined;
  let current: string | undefined;
  let reached = 0;
  const ended = () => {
    bar?.stop();
    if (!terminal && !quiet && current !== undefined) say(`  ${current}: ${reached}`);
  };
  return {
    step(phase, done, total) {
      if (phase !== current) {
        ended();
        bar?.start(total, done, { phase: phase.padEnd(10) });
        current = phase;
      }
      reached = done;
      bar?.setTotal(total);
      bar?.update(done);
    },
    stop() {
      ended();
      current = undefined;
    },
  };
}
