/** Files that still import each other in a circle. The list may only become shorter. */
export const KNOWN_CYCLES: readonly string[] = [
  'apps/cli/src/import/plan-import.ts',
  'apps/cli/src/import/plan-returns.ts',
  'libs/projection/src/batch-handler.ts',
  'libs/projection/src/engine.ts',
  'libs/projection/src/look-back.ts',
  'libs/projection/src/run-projection.ts',
  'libs/projection/src/stand-still.ts',
  'libs/projection/src/waiting.ts',
];

/** Source folders whose own folders import each other one way only. The list may only become longer. */
export const ONE_WAY: readonly string[] = ['libs/write-store/src'];
