import { existsSync, readFileSync, realpathSync } from 'node:fs';
import type { ConsistencyToken } from '@meridian/contracts';
import { say } from '../output.ts';
import { importProgress } from '../progress.ts';
import { explain } from '../explain.ts';
import { ensureWritable } from '../writable-file.ts';
import type { DateOrder } from './invoice-dates.ts';
import type { InvoiceLine, Reject } from './invoice-line.ts';
import { parseWorkbookOrText } from './parse-file.ts';
import type { ImportPlan, PlannedOrder } from './plan.ts';
import { planImport } from './plan-import.ts';
import { writeRejects } from './rejects-file.ts';
import { runImport } from './run-import.ts';
import type { ImportCalls } from './sending.ts';

/** What to import, and how. */
export interface ImportFileOptions {
  readonly file: string;
  readonly rejectsFile: string;
  /** Whether day or month comes first, where the dates do not decide. */
  readonly dates?: DateOrder;
  readonly times?: number;
  readonly concurrency?: number;
  readonly quiet?: boolean;
  /** Ends the import: calls under way are finished, and no more are started. */
  readonly signal?: AbortSignal;
  readonly onPlaced?: (orderId: string, token: ConsistencyToken) => void;
}

/** What became of a file. */
export interface ImportedFile {
  readonly plan: ImportPlan;
  /** The lines that could be read. */
  readonly lines: readonly InvoiceLine[];
  /** The lines that could not be read. */
  readonly unread: readonly Reject[];
  /**
   * Every rejected line: not readable, not plannable, or refused. The first two are of one replay; refusals are of all
   * replays.
   */
  readonly rejects: readonly Reject[];
  readonly ordersTaken: number;
  /** The accepted orders of the first replay. */
  readonly taken: readonly PlannedOrder[];
}

/**
 * Imports a file and writes the rejected lines to the rejects file. When the import ends before it is done, the file
 * holds the lines rejected until then, and the output says so. Rejects with the error that ended the import. Rejects
 * before anything is sent when the rejects file cannot be written.
 */
export async function importFile(client: ImportCalls, options: ImportFileOptions): Promise<ImportedFile> {
  const { file, rejectsFile, times, concurrency, signal, onPlaced } = options;
  if (existsSync(rejectsFile) && realpathSync(rejectsFile) === realpathSync(file))
    throw new Error(`--rejects: ${rejectsFile} is the file to import: name another file`);
  ensureWritable(rejectsFile, '--rejects');
  const parsed = await parseWorkbookOrText(readFileSync(file), options.dates);
  const plan = planImport(parsed.lines);
  const refused: Reject[] = [];
  const rejects = () => [...parsed.rejects, ...plan.rejects, ...refused].sort((a, b) => a.lineNo - b.lineNo);
  // Lines that the file itself rules out are on disk before the first command, whatever happens to this process.
  writeRejects(rejectsFile, rejects());
  const progress = importProgress(options.quiet);
  try {
    const { ordersTaken, isRefused } = await runImport({
      client,
      plan,
      contentId: parsed.contentId,
      onStep: progress.step,
      onWaiting: (failure) => say(`  waiting: ${failure}`),
      onReject: (reject) => refused.push(reject),
      ...(times === undefined ? {} : { times }),
      ...(concurrency === undefined ? {} : { concurrency }),
      signal,
      onPlaced,
    });
    progress.stop();
    writeRejects(rejectsFile, rejects());
    const taken = plan.orders.filter(({ orderId }) => !isRefused(orderId));
    return { plan, lines: parsed.lines, unread: parsed.rejects, rejects: rejects(), ordersTaken, taken };
  } catch (error) {
    progress.stop();
    sayNotDone(rejectsFile, rejects());
    throw error;
  }
}

/** Writes the lines rejected until now. A failure of this must not hide the error that ended the import. */
function sayNotDone(rejectsFile: string, rejects: readonly Reject[]): void {
  try {
    writeRejects(rejectsFile, rejects);
    say(`the import is not finished: run it again to go on; ${rejectsFile} holds the lines rejected so far`);
  } catch (error) {
    say(
      `the import is not finished: run it again to go on; the rejected lines could not be written: ${explain(error)}`,
    );
  }
}
