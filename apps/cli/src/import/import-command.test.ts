import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerImportCommand } from './import-command.ts';
import { failureIn, servicesInMemory, type Services } from './testing/services.ts';

const stack = vi.hoisted((): { services?: Services } => ({}));

vi.mock('@meridian/client', async (original) => ({
  ...(await original<object>()),
  failureOf: (error: unknown) => failureIn(error),
}));
vi.mock('../connect.ts', () => ({
  runningStack: () => ({}),
  clientOf: () => ({ ...stack.services?.client, close: () => undefined }),
}));

const folder = mkdtempSync(path.join(tmpdir(), 'meridian-import-command-'));
const file = path.join(folder, 'file.csv');
const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const GOOD = '536365,85123A,HEART,6,2010-12-01 08:26,2.55,17850,United Kingdom';
const FEE = GOOD.replace('85123A', 'POST');

/** Runs `meridian import FILE ARGS` on a file of these lines; resolves with the exit code. */
async function importing(lines: readonly string[], ...args: readonly string[]): Promise<number | undefined> {
  writeFileSync(file, [HEADER, ...lines, ''].join('\n'));
  let exitCode: number | undefined;
  const program = new Command('meridian');
  registerImportCommand(program, new AbortController().signal, (code) => (exitCode = code));
  await program.parseAsync(['import', file, ...args], { from: 'user' });
  return exitCode;
}

describe('what meridian import exits with', () => {
  beforeEach(() => {
    stack.services = servicesInMemory();
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    return () => void vi.restoreAllMocks();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is 0 when every line was taken, then and when it is run again', async () => {
    expect(await importing([GOOD])).toBe(0);
    expect(await importing([GOOD])).toBe(0);
  });

  it('is 3 when some lines were rejected, and 0 when that is allowed', async () => {
    expect(await importing([GOOD, FEE])).toBe(3);
    expect(await importing([GOOD, FEE], '--allow-rejects')).toBe(0);
  });

  it('is 1 when nothing was taken, whatever is allowed', async () => {
    expect(await importing([FEE])).toBe(1);
    expect(await importing([FEE], '--allow-rejects')).toBe(1);
    expect(await importing([])).toBe(1);
  });

  it('counts a line that a service refused', async () => {
    stack.services?.refuse('71053', 'NOT_TODAY');
    expect(await importing([GOOD, GOOD.replace('536365', '536366').replace('85123A', '71053')])).toBe(3);
  });
});
