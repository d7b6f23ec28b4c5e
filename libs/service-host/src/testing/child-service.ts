import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const logLine = z.looseObject({ event: z.string().optional(), msg: z.string().optional() });

/** A line of a service's log. */
export type Line = z.output<typeof logLine>;

const MAIN = join(import.meta.dirname, 'test-main.ts');

/** Starts the test's service as a separate process. */
export function spawnTestService(env: Readonly<Record<string, string>>, stdio: StdioOptions): ChildProcess {
  return spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...env },
    stdio,
  });
}

/** A service in a separate process, and its log. */
export class ChildService {
  readonly lines: Line[] = [];
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  #waiting: (() => void)[] = [];

  constructor(env: Readonly<Record<string, string>> = {}) {
    const child = spawnTestService(env, ['ignore', 'pipe', 'inherit']);
    if (!child.stdout) throw new Error('the service has no output to read');
    this.child = child;
    const reader = createInterface(child.stdout);
    // The last lines may be read after the process has ended.
    this.exit = Promise.all([once(child, 'close'), once(reader, 'close')]).then(() => child.exitCode);
    reader.on('line', (line) => {
      this.lines.push(logLine.parse(JSON.parse(line)));
      for (const look of this.#waiting.splice(0)) look();
    });
  }

  /** The first line of an event; rejects when the process ends without such a line. */
  async line(event: string): Promise<Line> {
    while (true) {
      const found = this.lines.find((line) => line.event === event);
      if (found) return found;
      await Promise.race([
        new Promise<void>((resolve) => this.#waiting.push(resolve)),
        this.exit.then(() =>
          Promise.reject(new Error(`it ended without "${event}": ${JSON.stringify(this.lines)}`)),
        ),
      ]);
    }
  }

  get events(): (string | undefined)[] {
    return this.lines.map(({ event }) => event);
  }
}
