import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDocker } from './docker-engines.ts';
import { EngineRequirementsError } from './errors.ts';
import { findJava, findProgram, javaVersion } from './find-program.ts';
import { templatesFolder } from './folders.ts';
import { surveyMachine } from './local/survey.ts';

let bin = '';
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'meridian-bin-'));
});
afterEach(() => {
  rmSync(bin, { recursive: true, force: true });
});

function putProgram(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

const survey = (mysqlIsGiven: boolean) =>
  surveyMachine({
    templates: templatesFolder(),
    environment: { PATH: bin },
    mysqlIsGiven,
    nodesPerRegion: 1,
    areApart: false,
  });

describe('what the engines need', () => {
  it('is named all at once, each with how to get it', async () => {
    const error = await survey(false).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineRequirementsError);
    if (!(error instanceof EngineRequirementsError)) return;
    expect(error.message).toContain('Maven');
    expect(error.message).toMatch(/apt-get|MySQL/);
    for (const { howToGet } of error.missing) expect(howToGet).not.toBe('');
  });

  it('is less when the user names a MySQL server', async () => {
    const error = await survey(true).catch((reason: unknown) => reason);
    expect(
      error instanceof EngineRequirementsError && error.missing.map(({ what }) => what).join(),
    ).not.toContain('MySQL');
  });

  it('can be a mysqld on PATH that is new enough', async () => {
    putProgram('mvn', 'exit 0');
    putProgram('java', `echo 'openjdk version "17.0.15" 2025-04-15' >&2`);
    putProgram('mysqld', 'echo "mysqld  Ver 8.4.7 for Linux on x86_64 (Source)"');
    const found = await survey(false);
    expect(found.mysql).toEqual({ kind: 'program', path: join(bin, 'mysqld'), version: '8.4.7' });
    expect(found.java).toBe(join(bin, 'java'));
  });

  it('is never a MariaDB', async () => {
    putProgram('mysqld', 'echo "mysqld  Ver 10.11.6-MariaDB for debian-linux-gnu"');
    await expect(survey(false)).rejects.toThrow(EngineRequirementsError);
  });
});

describe('programs', () => {
  it('are found on PATH in its order, when they can be run', () => {
    putProgram('mvn', 'exit 0');
    expect(findProgram('mvn', { PATH: `/nowhere:${bin}` })).toBe(join(bin, 'mvn'));
    chmodSync(join(bin, 'mvn'), 0o644);
    expect(findProgram('mvn', { PATH: bin })).toBeUndefined();
  });

  it('tell versions of Java apart', () => {
    expect(javaVersion('openjdk version "17.0.15" 2025-04-15')).toBe(17);
    expect(javaVersion('openjdk version "21" 2023-09-19')).toBe(21);
    expect(javaVersion('java version "1.8.0_392"')).toBe(1);
  });

  it('prefer the Java of JAVA_HOME', async () => {
    putProgram('java', 'echo \'openjdk version "17.0.1"\' >&2');
    expect(await findJava({ PATH: bin, JAVA_HOME: '/nowhere' })).toBe(join(bin, 'java'));
  });
});

describe('a Docker engine', () => {
  it('is missed by name, as is the program or its Compose', async () => {
    await expect(findDocker({ PATH: bin })).rejects.toThrow(/docker: install/);
    putProgram('docker', '[ "$1" = compose ]');
    await expect(findDocker({ PATH: bin })).rejects.toThrow(/a running Docker engine: start it/);
    putProgram('docker', 'exit 1');
    await expect(findDocker({ PATH: bin })).rejects.toThrow(/Compose[^]*a running Docker engine/);
    putProgram('docker', 'exit 0');
    expect(await findDocker({ PATH: bin })).toBe(join(bin, 'docker'));
  });
});
