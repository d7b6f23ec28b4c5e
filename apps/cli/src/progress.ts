import { SingleBar, Presets } from 'cli-progress';
import type { EngineProgress } from '@meridian/engines';
import type { ImportPhase } from './import/run-import.ts';
import { say } from './output.ts';

/** Shows the progress of an import: a bar on a terminal, one line per phase elsewhere. */
export function importProgress(quiet = false): {
  step(phase: ImportPhase, done: number, total: number): void;
  stop(): void;
} {
  const bar =
    process.stdout.isTTY && !quiet
      ? new SingleBar(
          {
            format: '  {phase} [{bar}] {value}/{total} · {duration_formatted}',
            hideCursor: true,
            clearOnComplete: false,
          },
          Presets.shades_classic,
        )
      : undefined;
  let current: ImportPhase | undefined;
  return {
    step(phase, done, total) {
      if (quiet || total === 0) return;
      if (phase !== current) {
        bar?.stop();
        bar?.start(total, done, { phase: phase.padEnd(9) });
        current = phase;
      }
      bar?.update(done);
      if (!bar && done === total) say(`  ${phase}: ${done}`);
    },
    stop: () => bar?.stop(),
  };
}

/**
 * Shows what engines do, without repetition: downloads in steps of a tenth, or of ten files where the total is unknown.
 */
export function engineProgress(): (progress: EngineProgress) => void {
  const shown = new Set<string>();
  return (progress) => {
    const { engine, step, message } = progress;
    const text = `  ${message.startsWith(engine) ? message : `${engine}: ${message}`}${howFar(progress)}`;
    if (shown.has(text) || (step === 'start' && shown.has(`${engine}/start`))) return;
    shown.add(text);
    if (step === 'start') shown.add(`${engine}/start`);
    say(text);
  };
}

function howFar({ done, total, unit }: EngineProgress): string {
  if (done === undefined) return '';
  if (total) return ` ${Math.floor((10 * done) / total) * 10} %`;
  const tens = Math.floor(done / 10) * 10;
  return unit === 'files' && tens > 0 ? `, ${tens} files` : '';
}

/** Shows that a service is ready. */
export function serviceReady(name: string): void {
  say(`  ${name}: ready`);
}

/** Shows that a service runs, and what an operator has to do before it can be ready. */
export function serviceWaits(name: string, advice: string): void {
  say(`  ${name}: waits for you: ${advice}`);
}
