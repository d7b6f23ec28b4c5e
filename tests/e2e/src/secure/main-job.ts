import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stackStatus, type RunningStack } from '@meridian/local-stack';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runCli } from '../cli.ts';
import type { Journey } from './journey.ts';
import { findIn, logsOf } from './leaks.ts';
import { needlesOf } from './nothing-leaks.ts';

const result = z.object({
  sumsAgree: z.boolean(),
  regions: z.record(z.string(), z.object({ orders: z.number() })),
});

/** `npm start -- --secure` on the stack of a journey; it stops the stack in the end. */
export function describeMainJob(stackOf: () => RunningStack, journey: Journey): void {
  describe('meridian start --exit --secure', () => {
    it('imports the sample, finds the sums of the file in every region, and stops everything', async () => {
      const { folder, regions } = stackOf();
      const file = path.join(folder, 'result.json');
      const { code, output } = await runCli(folder, 'start', '--exit', '--secure', '--json', file).ended;
      expect(output).toContain('the sums agree in every region');
      expect(code).toBe(0);
      const { sumsAgree, regions: answers } = result.parse(JSON.parse(readFileSync(file, 'utf8')));
      expect(sumsAgree).toBe(true);
      expect(Object.keys(answers)).toEqual(regions);
      for (const { orders } of Object.values(answers)) expect(orders).toBeGreaterThan(0);
      const { engines, services } = await stackStatus(folder);
      for (const { name, state } of [...engines, ...services]) expect(state, name).toBe('stopped');
    });

    it('leaves logs without a secret and without personal data', async () => {
      const { folder } = stackOf();
      const logs = await logsOf(folder);
      const stopped = { what: 'end', text: '"event":"stopped"' };
      expect(findIn(logs, [stopped])).toContain('end in log command-service.log');
      expect(findIn(logs, needlesOf({ folder }, journey))).toEqual([]);
    });
  });
}
