import type { ReadDefect } from '../defects/read-defects.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { resultOf, type DefectResult } from '../write/run-defect.ts';
import { runRead } from './run-read.ts';

/** A defect may keep a read model from ever catching up: it is not awaited for long. */
const CATCH_UP_MS = 15_000;

/** Plants a defect in every service, provokes it and checks: it is caught when a rule breaks that should catch it. */
export async function runReadDefect(
  engines: FaultyEngines,
  { name, faults: kinds, rounds, projectors, asks, caughtBy }: ReadDefect,
  { seed, say }: { readonly seed: number; readonly say: (line: string) => void },
): Promise<DefectResult> {
  const { violations, counts } = await runRead(engines, {
    ...{ seed, say, kinds, rounds, projectors, asks, defect: name, catchUpMs: CATCH_UP_MS },
  });
  return resultOf(violations, caughtBy, counts);
}
