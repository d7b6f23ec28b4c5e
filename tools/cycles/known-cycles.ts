/** Files that still import each other in a circle. The list may only become shorter. */
export const KNOWN_CYCLES: readonly string[] = [
  'apps/cli/src/import/plan-import.ts',
  'apps/cli/src/import/plan-returns.ts',
];

/** Source folders whose own folders import each other one way only. The list may only become longer. */
export const ONE_WAY: readonly string[] = [
  'libs/write-store/src',
  'libs/read-store/src',
  'libs/projector/src',
];
