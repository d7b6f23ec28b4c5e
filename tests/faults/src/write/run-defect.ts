import { resultOf, type DefectResult } from '../defects/defect-result.ts';
import type { Defect } from '../defects/defects.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { runWrite, type WriteRunOptions } from './run-write.ts';

/** How long the load of a planted defect lasts. */
export const RUN_SECONDS = 15;

/** Plants a defect in every replica, provokes it and checks: it is caught when a rule breaks that should catch it. */
export async function runDefect(
  engines: FaultyEngines,
  defect: Defect,
  options: Pick<WriteRunOptions, 'seed' | 'seconds' | 'replicas' | 'say'>,
): Promise<DefectResult> {
  const { name, faults: only } = defect;
  return resultOf(defect, await runWrite(engines, { ...options, only, defect: name }));
}
