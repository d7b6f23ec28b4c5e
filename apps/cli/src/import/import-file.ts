import { existsSync, readFileSync, realpathSync } from 'node:fs';
import type { ConsistencyToken } from '@meridian/contracts';
import { say } from '../output.ts';
import { importProgress } from '../progress.ts';
import { explain } from '../explain.ts';
import { ensureWritable } from '../writable-file.ts';
import type { DateOrder } from './invoice-dates.ts';
import type { InvoiceLine, Reject } from './invoice-line.ts';
import { parseWorkbookOrText } from './parse-file.ts';
import { planImport, type ImportPlan, type PlannedOrder } from './plan-import.ts';
import { writeRejects } from './rejects-file.ts';
import { runImport } from './run-import.ts';
import type { ImportCalls } from './sending.ts';

/** What is to be imported, and how. */
export interface ImportFileOptions {
  readonly file: string;
  readonly rejectsFile: string;
  /** Which comes first in its dates, where they do not tell. */
  readonly dates?: DateOrder;
  readonly times?: number;
  readonly concurrency?: number;
  readonly quiet?: boolean;
  /** Ends the import: what is under way is finished, nothing more is started. */
  readonly signal?: AbortSignal;
  readonly onPlaced?: (orderId: string, token: ConsistencyToken) => void;
}

/** What became of a file. */
export interface ImportedFile {
  readonly plan: ImportPlan;
  /** The lines that could be read. */
  readonly lines: readonly InvoiceLine[];
  /** What could not be read. */
  readonly unread: readonly Reject[];
  /** Everything that was not taken: not readable, not plannable, or refused. Of one replay; refusals of all replays. */
  readonly rejects: readonly Reject[];
  readonly ordersTaken: number;
  /** The orders of the first replay that were taken. */
  readonly taken: readonly PlannedOrder[];
}

/**
 * Imports a file and writes what was not taken to the rejects file: also when the import ends before it is done, with what was
 * rejected until then, and says so. Rejects with what ended it. A rejects file that cannot be written is refused before anything is sent.
 */
export async function importFile(client: ImportCalls, options: ImportFileOptions): Promise<ImportedFile> {
  const { file, rejectsFile, times, concurrency, signal, onPlaced } = options;
  if (existsSync(rejectsFile) && realpathSync(rejectsFile) === realpathSync(file))
    throw new Error(`--rejects: ${rejectsFile} is the file to import`);
  ensureWritable(rejectsFile, '--rejects');
  const parsed = await parseWorkbookOrText(readFileSync(file), options.dates);
  const plan = planImport(parsed.lines);
  const refused: Reject[] = [];
  const rejects = () => [...parsed.rejects, ...plan.rejects, ...refused].sort((a, b) => a.lineNo - b.lineNo);
  // What the file itself rules out is on disk before the first command, whatever becomes of this process.
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
      ...{ signal, onPlaced },
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

/** Keeps what was rejected until now. A failure of this must not hide what ended the import. */
function sayNotDone(rejectsFile: string, rejects: readonly Reject[]): void {
  try {
    writeRejects(rejectsFile, rejects);
    say(`the import is not done: ${rejectsFile} holds what was rejected so far; run it again to go on`);
  } catch (error) {
    say(
      `the import is not done; run it again to go on; what was rejected could not be written: ${explain(error)}`,
    );
  }
}
