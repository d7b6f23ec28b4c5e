import { Option, type Command } from 'commander';
import { wholeNumber } from '../arguments.ts';
import { clientOf, runningStack } from '../connect.ts';
import { say } from '../output.ts';
import { importFile, type ImportedFile } from './import-file.ts';
import type { DateOrder } from './invoice-dates.ts';
import { MAX_CALLS } from './run-import.ts';

interface ImportOptions {
  readonly dates?: DateOrder;
  readonly times: number;
  readonly concurrency: number;
  readonly rejects?: string;
  readonly allowRejects: boolean;
}

/**
 * How long a call may take. No person waits for the answer of a single command, so a slow service gets its time:
 * sending a command again would only add load.
 */
const DEADLINE_MS = 30_000;

/** The exit codes of an import. */
const EXIT = { allTaken: 0, nothingTaken: 1, someRejected: 3 } as const;

/** Adds `meridian import`. Its exit code depends on the result: see EXIT. */
export function registerImportCommand(
  program: Command,
  signal: AbortSignal,
  exitCode: (code: number) => void,
): void {
  program
    .command('import <file>')
    .description('import a file of the Online Retail format; safe to run again')
    .addOption(
      new Option(
        '--dates <order>',
        'whether day or month comes first, if no date of the file shows it',
      ).choices(['dmy', 'mdy']),
    )
    .option('--times <n>', 'import the file n times, as different orders', wholeNumber, 1)
    .option('--concurrency <n>', 'how many calls to make at the same time, at most', wholeNumber, MAX_CALLS)
    .option('--rejects <file>', 'where to write the rejected lines (default: FILE.rejects.csv)')
    .option('--allow-rejects', `exit with 0, not ${EXIT.someRejected}, when some lines were rejected`, false)
    .action(async (file: string, options: ImportOptions) =>
      exitCode(exitCodeOf(await runImportCommand(file, options, signal), options)),
    );
}

function exitCodeOf(
  { ordersTaken, rejects }: Pick<ImportedFile, 'ordersTaken' | 'rejects'>,
  { allowRejects }: Pick<ImportOptions, 'allowRejects'>,
): number {
  // Without an order, an import has accepted nothing: every return belongs to an order of the same file.
  if (ordersTaken === 0) return EXIT.nothingTaken;
  return rejects.length === 0 || allowRejects ? EXIT.allTaken : EXIT.someRejected;
}

async function runImportCommand(
  file: string,
  { rejects, dates, times, concurrency }: ImportOptions,
  signal: AbortSignal,
): Promise<ImportedFile> {
  const client = clientOf(runningStack(), undefined, { deadlineMs: DEADLINE_MS });
  const rejectsFile = rejects ?? `${file}.rejects.csv`;
  try {
    const imported = await importFile(client, {
      file,
      rejectsFile,
      signal,
      times,
      concurrency,
      ...(dates === undefined ? {} : { dates }),
    });
    say(
      `${imported.ordersTaken} orders accepted; ${imported.rejects.length} lines rejected, see ${rejectsFile}`,
    );
    return imported;
  } finally {
    client.close();
  }
}
