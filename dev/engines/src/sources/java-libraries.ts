import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OnProgress } from '../engine-types.ts';
import { runCommand } from '../run-command.ts';
import { cachedFolder } from './cached-folder.ts';

const dependencyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** Files. */
const TOLD_EVERY = 10;

export interface JavaLibraries {
  readonly engine: 'kafka' | 'cassandra';
  readonly maven: string;
  readonly templates: string;
  readonly cache: string;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * The folder with all jars of an engine's `pom.xml`; Maven checks each jar against its checksum. Downloads the jars
 * when no start has done so before. The folder's name changes with the file, so a new version never mixes with an old
 * one.
 */
export async function javaLibraries(options: JavaLibraries): Promise<string> {
  const { engine, onProgress } = options;
  const pom = join(options.templates, engine, 'pom.xml');
  const checksum = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const folder = join(options.cache, `${engine}-${checksum}`);
  const report = (message: string, done?: number) => {
    onProgress({ engine, step: 'download', message, done, unit: 'files' });
  };
  const fill = async (growing: string) => {
    let files = 0;
    const onLine = (line: string) => {
      if (!/Downloaded from .*\.jar\b/.test(line)) return;
      files += 1;
      // Maven does not report the number of files before the last file.
      if (files % TOLD_EVERY === 0) report(`${engine}: libraries, ${files} so far`, files);
    };
    report(`${engine}: libraries, about a minute the first time`, files);
    const goal = [
      `${dependencyPlugin}:copy-dependencies`,
      `-DoutputDirectory=${growing}`,
      '-DincludeScope=runtime',
    ];
    await runCommand(options.maven, ['-B', '-C', '-f', pom, ...goal], { onLine, signal: options.signal });
    const all = readdirSync(growing).filter((name) => name.endsWith('.jar')).length;
    if (all === 0) throw new Error(`${pom} names no library`);
    report(`${engine}: ${all} libraries`, all);
  };
  const onWait = () => {
    report(`${engine}: another start is downloading the libraries; waiting for it`);
  };
  return cachedFolder(folder, fill, { onWait, signal: options.signal });
}

/** The class path of all jars of a folder, in the same order at every start. */
export function classPath(folder: string): string {
  const jars = readdirSync(folder).filter((name) => name.endsWith('.jar'));
  return jars
    .sort()
    .map((name) => join(folder, name))
    .join(':');
}
