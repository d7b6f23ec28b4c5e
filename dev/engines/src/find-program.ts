import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from './engine-types.ts';
import { runCommand } from './run-command.ts';

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The full path of a program on PATH; undefined when it is not there. */
export function findProgram(name: string, environment: Environment): string | undefined {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

const javaMajor = 17;
const javaFolders = '/usr/lib/jvm';

function installedJavas(): string[] {
  try {
    return readdirSync(javaFolders).map((name) => join(javaFolders, name, 'bin/java'));
  } catch {
    return [];
  }
}

/** The major version in the output of `java -version`: 17 of `openjdk version "17.0.15"`. */
export function javaVersion(printed: string): number | undefined {
  const major = /version "(\d+)/.exec(printed)?.[1];
  return major === undefined ? undefined : Number(major);
}

/**
 * A Java 17, the only version that Kafka 4 and Cassandra 5 have in common. Looks in JAVA_HOME, in PATH, and where
 * Debian, Ubuntu and Fedora install Java. Undefined when there is none.
 */
export async function findJava(environment: Environment): Promise<string | undefined> {
  const home = environment.JAVA_HOME;
  const candidates = [
    home === undefined || home === '' ? undefined : join(home, 'bin/java'),
    findProgram('java', environment),
    ...installedJavas(),
  ];
  for (const candidate of candidates) {
    if (candidate === undefined || !isExecutable(candidate)) continue;
    let printed = '';
    const listen = { onLine: (line: string) => (printed += `${line}\n`) };
    await runCommand(candidate, ['-version'], listen).catch(() => undefined);
    if (javaVersion(printed) === javaMajor) return candidate;
  }
  return undefined;
}
