import type { DefectResult } from './defect-result.ts';

/**
 * Tries a planted defect in one run after the other, until a run catches the defect. A mistake that shows only when two
 * things meet may not show in a short run. Answers with what each of them said; the last one tells whether it was
 * caught.
 */
export async function untilCaught<Way>(
  ways: readonly Way[],
  run: (way: Way) => Promise<DefectResult>,
): Promise<readonly DefectResult[]> {
  const results: DefectResult[] = [];
  for (const way of ways) {
    const result = await run(way);
    results.push(result);
    if (result.caught) break;
  }
  return results;
}
