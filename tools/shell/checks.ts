/** Checks that are counted: each has a title and fails by throwing. */
export interface Checks {
  /** Runs a check and says how it went; a failure does not end the run. Answers whether it passed. */
  check(title: string, run: () => Promise<void> | void): Promise<boolean>;
  /** Prints `N passed, N failed` and answers whether all passed; no check at all is a failure. */
  sum(): boolean;
}

/** Counts checks. `say` gets every line. */
export function createChecks(say: (line: string) => void = console.log): Checks {
  const failed: string[] = [];
  let passed = 0;
  return {
    async check(title, run) {
      try {
        await run();
        passed += 1;
        say(`passed: ${title}`);
        return true;
      } catch (error) {
        failed.push(title);
        say(`FAILED: ${title}: ${error instanceof Error ? error.message : String(error)}`);
        return false;
      }
    },
    sum() {
      if (failed.length > 0) say(`\nFailed: ${failed.join(', ')}`);
      say(`\n${passed} passed, ${failed.length} failed`);
      return failed.length === 0 && passed > 0;
    },
  };
}

/** Fails a check with what is wrong, unless it holds. */
export function need(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
