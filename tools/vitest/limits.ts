// Every time limit of every test. A limit ends a test that hangs; it judges no speed. Tests name none of their own.

/** How long one test, one hook and one `expect.poll` may take before they count as hanging. */
export interface TestLimits {
  readonly testMs: number;
  readonly hookMs: number;
  readonly pollMs: number;
}

/** What kind of test a project has; journeys are the tests of the folder tests/, through the whole system. */
export type TestKind = 'unit' | 'integration' | 'journey';

/** On a machine of the usual speed without other work, some five times what the slowest of them takes. */
const USUAL: Readonly<Record<TestKind, TestLimits>> = {
  unit: { testMs: 30_000, hookMs: 30_000, pollMs: 10_000 },
  integration: { testMs: 300_000, hookMs: 300_000, pollMs: 90_000 },
  journey: { testMs: 600_000, hookMs: 400_000, pollMs: 200_000 },
};

/** How many times slower than a machine of the usual speed this one is; `npm test` measures and sets it. */
export const SLOWNESS_VARIABLE = 'MERIDIAN_TEST_SLOWNESS';

/** The limits for a kind of test here: those of a usual machine, longer where the measurement found a slower one. */
export function testLimits(kind: TestKind, env: NodeJS.ProcessEnv = process.env): TestLimits {
  const measured = Number(env[SLOWNESS_VARIABLE]);
  const factor = Number.isFinite(measured) ? Math.max(1, measured) : 1;
  const { testMs, hookMs, pollMs } = USUAL[kind];
  return { testMs: testMs * factor, hookMs: hookMs * factor, pollMs: pollMs * factor };
}
