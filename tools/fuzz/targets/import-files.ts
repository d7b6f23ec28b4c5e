import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { writeXlsx } from 'hucre/xlsx';
import { FileFormatError } from '../../../apps/cli/src/import/file-layout.ts';
import { DateOrderError } from '../../../apps/cli/src/import/invoice-dates.ts';
import { parseWorkbookOrText } from '../../../apps/cli/src/import/parse-file.ts';
import { planImport } from '../../../apps/cli/src/import/plan-import.ts';
import { workspaceRoot } from '../../shell/workspace.ts';
import { hostileText, mutated } from '../mutations.ts';
import { FindingError, target, type Target } from '../target.ts';

const example = readFileSync(join(workspaceRoot, 'examples/online-retail-2010-12-01.csv'), 'utf8');
const [header = '', ...records] = example.split(/\r?\n/).slice(0, 40);

const cells = fc
  .array(
    fc.oneof(hostileText, fc.constantFrom('', '536365', '1/12/2010 8:26', '-6', '2.55', '"', 'C536365')),
    { minLength: 1, maxLength: 10 },
  )
  .map((row) => row.join(','));
const text = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...records) }, { weight: 1, arbitrary: cells }), {
    maxLength: 12,
  })
  .map((rows) => Buffer.from([header, ...rows].join('\r\n')));

/** A file of invoices, text or workbook: it is read, or refused with a word to its user; every line is planned or rejected. */
export async function importFileTarget(): Promise<Target> {
  const rows = [header, ...records].map((record) => record.split(','));
  const workbook = await writeXlsx({ sheets: [{ name: 'invoices', rows }] });
  const inputs = fc.oneof(
    { weight: 3, arbitrary: text },
    { weight: 3, arbitrary: mutated(text) },
    { weight: 1, arbitrary: mutated(fc.constant(workbook)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );
  return target<Uint8Array>({
    name: 'import files',
    inputs,
    inputsPerTurn: 40,
    async try(bytes) {
      let parsed: Awaited<ReturnType<typeof parseWorkbookOrText>>;
      try {
        parsed = await parseWorkbookOrText(bytes);
      } catch (error) {
        if (error instanceof FileFormatError || error instanceof DateOrderError) return;
        throw error;
      }
      const plan = planImport(parsed.lines);
      const planned = plan.orders.reduce((sum, { lines }) => sum + lines.length, 0);
      if (planned + plan.rejects.length > parsed.lines.length)
        throw new FindingError('an import plans more lines than its file has');
    },
  });
}
