import { resultOf, type DefectResult } from '../defects/defect-result.ts';
import type { ReadDefect } from '../defects/read-defects.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { runRead, type ReadRunOptions } from './run-read.ts';

/** Plants a defect in every service, provokes it and checks: it is caught when a rule breaks that should catch it. */
export async function runReadDefect(
  engines: FaultyEngines,
  defect: ReadDefect,
  options: Pick<ReadRunOptions, 'seed' | 'replicas' | 'tailMs' | 'say'>,
): Promise<DefectResult> {
  const { name, faults: kinds, rounds, projectors, asks } = defect;
  const planted = { defect: name, kinds, rounds, projectors, asks };
  return resultOf(defect, await runRead(engines, { ...planted, ...options }));
}
