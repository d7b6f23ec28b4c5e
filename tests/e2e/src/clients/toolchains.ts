import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram, workspaceFolder } from '@meridian/engines';

/** Where the clients' sources are, a folder for each language. */
export const clientsFolder = path.join(workspaceFolder(), 'examples/clients');

export type Language = 'python' | 'go' | 'java';

/** What of a language's tools is not on this machine, in words for a person; undefined when all of them are. */
export function missingTools(
  language: Language,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  return { python: missingPython, go: missingGo, java: missingJava }[language](environment);
}

/** What a program prints on its standard output; undefined when it cannot be run or fails. */
function printed(program: string, args: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  try {
    return execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

/** Whether a version such as `1.26.8` is at least another such as `1.26.0`. */
export function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  const [found, wanted] = [numbers(version), numbers(least)];
  for (const [index, number] of wanted.entries()) {
    const difference = (found[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

const LEAST_PYTHON = '3.10';

function missingPython(environment: NodeJS.ProcessEnv): string | undefined {
  const python = findProgram('python3', environment);
  if (python === undefined) return 'there is no python3 on PATH';
  const version = printed(python, ['-c', 'import platform; print(platform.python_version())'], environment);
  if (version === undefined || !isAtLeast(version.trim(), LEAST_PYTHON))
    return `python3 on PATH is older than ${LEAST_PYTHON}`;
  // Debian and Ubuntu keep it in a package of its own, python3-venv.
  if (printed(python, ['-c', 'import venv, ensurepip'], environment) === undefined)
    return 'python3 has no venv';
  return undefined;
}

function missingGo(environment: NodeJS.ProcessEnv): string | undefined {
  const go = findProgram('go', environment);
  if (go === undefined) return 'there is no go on PATH';
  const version = /go(\d+(?:\.\d+)*)/.exec(printed(go, ['version'], environment) ?? '')?.[1] ?? '0';
  const least = /^go (\S+)$/m.exec(readFileSync(path.join(clientsFolder, 'go/go.mod'), 'utf8'))?.[1] ?? '0';
  return isAtLeast(version, least) ? undefined : `go on PATH is older than ${least}`;
}

function missingJava(environment: NodeJS.ProcessEnv): string | undefined {
  if (findProgram('mvn', environment) === undefined) return 'there is no mvn on PATH';
  const javac = javaProgram('javac', environment);
  if (javac === undefined) return 'there is no javac in JAVA_HOME or on PATH';
  const version = /javac (\d+)/.exec(printed(javac, ['-version'], environment) ?? '')?.[1] ?? '0';
  return isAtLeast(version, '17') ? undefined : 'javac is older than 17';
}

/** A program of the JDK that Maven takes: of JAVA_HOME, else of PATH. */
export function javaProgram(name: 'java' | 'javac', environment: NodeJS.ProcessEnv): string | undefined {
  const home = environment['JAVA_HOME'];
  return home ? findProgram(name, { PATH: path.join(home, 'bin') }) : findProgram(name, environment);
}
