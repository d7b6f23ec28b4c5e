import { readFileSync } from 'node:fs';
import type { MeridianClient } from '@meridian/client';
import type { ConsistencyToken } from '@meridian/contracts';
import { say } from '../output.ts';
import { importProgress } from '../progress.ts';
import type { InvoiceLine, Reject } from './invoice-line.ts';
import { parseFile } from './parse-file.ts';
import { planImport, type ImportPlan } from './plan-import.ts';
import { writeRejects } from './rejects-file.ts';
import { runImport } from './run-import.ts';

/** What is to be imported, and how. */
export interface ImportFileOptions {
  readonly file: string;
  readonly rejectsFile: string;
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
}

/** Imports a file and writes what was not taken to the rejects file. */
export async function importFile(client: MeridianClient, options: ImportFileOptions): Promise<ImportedFile> {
  const parsed = parseFile(readFileSync(options.file, 'utf8'));
  const plan = planImport(parsed.lines);
  const progress = importProgress(options.quiet);
  try {
    const { times, concurrency, signal, onPlaced } = options;
    const result = await runImport({
      client,
      plan,
      contentId: parsed.contentId,
      onStep: progress.step,
      onWaiting: (failure) => say(`  waiting: ${failure}`),
      ...(times === undefined ? {} : { times }),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...{ signal, onPlaced },
    });
    const rejects = [...parsed.rejects, ...plan.rejects, ...result.rejects].sort(
      (a, b) => a.lineNo - b.lineNo,
    );
    writeRejects(options.rejectsFile, rejects);
    return { plan, lines: parsed.lines, unread: parsed.rejects, rejects, ordersTaken: result.ordersTaken };
  } finally {
    progress.stop();
  }
}
