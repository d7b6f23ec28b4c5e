import { describe, expect, it } from 'vitest';
import { undocumentedVariables } from './variables.ts';

const source = `export const config = z.object({
  MERIDIAN_REGION: field.text(),
  MERIDIAN_DRAIN_MS: field.milliseconds(),
});
// MERIDIAN_OLD is gone
`;

describe('undocumentedVariables', () => {
  it('finds nothing where the reference names every variable', () => {
    const reference = '| `MERIDIAN_REGION`, `MERIDIAN_DRAIN_MS` | … |';
    expect(undocumentedVariables('apps/x/src/config.ts', source, reference)).toEqual([]);
  });

  it('names each variable that the reference lacks, and takes no part of a name for the name', () => {
    const reference = '| `MERIDIAN_REGIONS` | … |\n| `MERIDIAN_DRAIN_MS` | … |';
    expect(undocumentedVariables('apps/x/src/config.ts', source, reference)).toEqual([
      'apps/x/src/config.ts: MERIDIAN_REGION is not in docs/operations/reference.md',
    ]);
  });
});
