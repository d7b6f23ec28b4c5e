import path from 'node:path';
import type { ConsistencyToken } from '@meridian/client';
import { workspaceFolder } from '@meridian/engines';
import { startStack, type RunningStack } from '@meridian/local-stack';
import { clientOf } from '../connect.ts';
import { importFile, type ImportedFile } from '../import/import-file.ts';
import { say } from '../output.ts';
import { engineProgress, serviceReady, serviceWaits } from '../progress.ts';
import { ensureWritable } from '../writable-file.ts';
import { callerOf } from './caller.ts';
import { caughtUp } from './caught-up.ts';
import { printAddresses, printResult, sumsAgree, writeResult, type StartResult } from './report.ts';
import { askSums, daysOf, fileSums, rejectsByReason, rejectSums, type RegionSums } from './sums.ts';
import { latencyOf, probedRegions, probeVisibility } from './visibility.ts';

/** How `meridian start` runs. */
export interface StartOptions {
  /** Stop everything after the table; the exit code is 0 only if the sums agree. */
  readonly exit: boolean;
  /** Write the result here as JSON. */
  readonly json?: string;
  readonly engines: 'local' | 'docker' | 'external';
  /** Closed: TLS, accounts and tokens everywhere. The sample is imported, and asked for, by callers with the roles for it. */
  readonly secure: boolean;
  /** Cassandra nodes per region; what the data has, or one, when left out. */
  readonly nodes?: number;
  /** Milliseconds between the regions, there and back; what the folder last had, or none, when left out. */
  readonly distance?: number;
  readonly signal: AbortSignal;
}

/** How many nodes the regions have, and how far they are apart, as a stack is told it: only what is named. */
export const shapeOf = ({ nodes, distance }: Pick<StartOptions, 'nodes' | 'distance'>) => ({
  ...(nodes === undefined ? {} : { nodesPerRegion: nodes }),
  ...(distance === undefined ? {} : { distanceMs: distance }),
});

/** Who imports the sample. */
const IMPORTER = ['importer'];
/** Who asks for its sums: between them, these roles may ask every read model. */
const READER = ['operator', 'finance'];
const SAMPLE = 'examples/online-retail-2010-12-01.csv';

/**
 * Starts everything, imports the sample, and compares the answers of every region with the file. Stays up until the
 * signal, unless `exit` is set. Stops everything in the end, whatever happened. Resolves with the exit code.
 */
export async function start(options: StartOptions): Promise<number> {
  const startedAt = performance.now();
  const { signal, engines, secure } = options;
  if (options.json) ensureWritable(options.json, '--json');
  say('starting engines and services');
  const waiting: string[] = [];
  const stack = await startStack({
    engines,
    secure,
    ...shapeOf(options),
    signal,
    supervise: true,
    onEngineProgress: engineProgress(),
    onServiceReady: serviceReady,
    onServiceWaits(name, advice) {
      waiting.push(name);
      serviceWaits(name, advice);
    },
  });
  try {
    if (waiting.length > 0) {
      say(`nothing is imported, since ${waiting.join(' and ')} would not show it`);
      return await toBeMended(options);
    }
    say(`importing ${SAMPLE}`);
    const result = await importSample(stack, startedAt, signal);
    printResult(result, stack.folder);
    if (options.json) writeResult(options.json, result);
    const agree = sumsAgree(result);
    say(agree ? 'the sums agree in every region' : 'THE SUMS DO NOT AGREE');
    if (options.exit) return agree ? 0 : 1;
    say();
    printAddresses(stack);
    say();
    say('up until Ctrl-C');
    await untilAborted(signal);
    return agree ? 0 : 1;
  } finally {
    say('stopping everything');
    await stack.stop();
  }
}

/** Stays up until the signal, unless `exit` is set: what has to be done is done on a running system. */
async function toBeMended({ exit, signal }: StartOptions): Promise<number> {
  if (exit) return 1;
  say('do this in another terminal, then end this with Ctrl-C and start again');
  await untilAborted(signal);
  return 1;
}

async function importSample(
  stack: RunningStack,
  startedAt: number,
  signal: AbortSignal,
): Promise<StartResult> {
  const importer = callerOf(stack, IMPORTER);
  const client = clientOf(stack, undefined, importer);
  const probe = probeVisibility(probedRegions(stack, importer));
  try {
    const rejectsFile = path.join(stack.folder, 'sample.rejects.csv');
    const file = path.join(workspaceFolder(), SAMPLE);
    // Git may have changed the file's line ends: then its content does not identify it as the example.
    const options = { file, rejectsFile, dates: 'mdy', signal, onPlaced: probe.placed } as const;
    const imported = await importFile(client, options);
    const visible = await probe.results();
    const days = daysOf(imported.plan);
    const regions: Record<string, StartResult['regions'][string]> = {};
    for (const region of stack.regions) {
      const sums = await askRegion(stack, region, client.token(), days, imported);
      regions[region] = { ...sums, visible: visible[region] ?? latencyOf([]) };
    }
    return {
      file: SAMPLE,
      lines: imported.lines.length + imported.unread.length,
      days,
      regions,
      rejected: rejectSums(imported.rejects),
      rejectsByReason: rejectsByReason(imported.rejects),
      rejectsFile,
      unreadableLines: imported.rejects.filter(({ amountMinor }) => amountMinor === undefined).length,
      fileSums: fileSums(imported.lines, imported.unread),
      secondsToTable: Math.round((performance.now() - startedAt) / 100) / 10,
    };
  } finally {
    probe.close();
    client.close();
  }
}

/** The answers of a region, once all its read models include everything that the importing session has seen. */
async function askRegion(
  stack: RunningStack,
  region: string,
  seen: ConsistencyToken,
  days: readonly string[],
  { taken }: Pick<ImportedFile, 'taken'>,
): Promise<RegionSums> {
  const reader = clientOf(stack, region, callerOf(stack, READER));
  try {
    reader.see(seen);
    await caughtUp(reader);
    return await askSums(reader, days, taken);
  } finally {
    reader.close();
  }
}

const KEEP_ALIVE_MS = 60_000;

/**
 * Resolves with the signal. Services and engines are separate processes: nothing else keeps this process alive until
 * then.
 */
function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, KEEP_ALIVE_MS);
    const onAbort = () => {
      clearInterval(alive);
      resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
