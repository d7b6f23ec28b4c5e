import { refuse, type Refusal } from './refusal.ts';

/** Refuses when the caller expects another version than the aggregate's; undefined when the command may go on. */
export function checkVersion(
  expected: bigint | undefined,
  actual: bigint,
  subject: string,
): Refusal | undefined {
  if (expected === undefined || expected === actual) return undefined;
  const description = `${subject} is at version ${actual}, not ${expected}: read it again and decide anew`;
  return refuse('version-mismatch', 'VERSION_MISMATCH', description, [
    { type: 'VERSION_MISMATCH', subject, description },
  ]).refusal;
}
