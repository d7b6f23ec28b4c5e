import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { javaLibraries } from './java-libraries.ts';

// A Maven with 25 libraries to fetch.
const MAVEN = `#!/bin/sh
for argument; do
  case "$argument" in -DoutputDirectory=*) folder="\${argument#*=}" ;; esac
done
for number in $(seq 25); do
  echo "[INFO] Downloaded from central: https://repo.example/a/library-$number.pom (1 kB at 2 kB/s)"
  echo "[INFO] Downloaded from central: https://repo.example/a/library-$number.jar (9 kB at 2 kB/s)"
  : > "$folder/library-$number.jar"
done
`;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-libraries-'));
  mkdirSync(join(folder, 'templates/kafka'), { recursive: true });
  writeFileSync(join(folder, 'templates/kafka/pom.xml'), '<project/>');
  writeFileSync(join(folder, 'mvn'), MAVEN);
  chmodSync(join(folder, 'mvn'), 0o755);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the libraries of an engine', () => {
  it('are fetched once, and how many are there is told while they come', async () => {
    const told: string[] = [];
    const fetch = () =>
      javaLibraries({
        engine: 'kafka',
        maven: join(folder, 'mvn'),
        cache: join(folder, 'cache'),
        templates: join(folder, 'templates'),
        onProgress: ({ message }) => told.push(message),
      });
    const first = await fetch();
    expect(told.slice(1)).toEqual([
      'kafka: libraries, 10 so far',
      'kafka: libraries, 20 so far',
      'kafka: 25 libraries',
    ]);
    told.length = 0;
    expect(await fetch()).toBe(first);
    expect(told).toEqual([]);
  });
});
