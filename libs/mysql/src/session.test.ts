import { expect, it } from 'vitest';
import { sessionSettings } from './session.ts';

it('sets up a session whose SQL does not depend on how the server is set up', () => {
  const settings = sessionSettings({ queryTimeoutMs: 30_000, lockWaitTimeoutS: 5, idleTimeoutS: 30 });
  expect(settings).toContain("transaction_isolation = 'READ-COMMITTED'");
  const [, modes = ''] = /sql_mode = '([A-Z_,]*)'/.exec(settings) ?? [];
  expect(modes.split(',').sort()).toEqual([
    'ERROR_FOR_DIVISION_BY_ZERO',
    'NO_ENGINE_SUBSTITUTION',
    'NO_ZERO_DATE',
    'NO_ZERO_IN_DATE',
    'ONLY_FULL_GROUP_BY',
    'STRICT_TRANS_TABLES',
  ]);
});
