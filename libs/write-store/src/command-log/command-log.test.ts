import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { releaseClaims } from './command-log.ts';

it('takes claims back by their primary key, so that it never waits for what another replica claims', () => {
  expect(releaseClaims([])).toEqual([]);
  const [statement, ...others] = releaseClaims([randomUUID(), randomUUID()]);
  expect(others).toEqual([]);
  expect(statement?.sql).toMatch(/^DELETE .*FROM command_log FORCE INDEX \(PRIMARY\)\s+WHERE request_id IN/s);
});
