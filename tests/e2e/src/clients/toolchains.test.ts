import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAtLeast, missingTools } from './toolchains.ts';

let bin = '';
beforeEach(() => {
  bin = mkdtempSync(path.join(tmpdir(), 'meridian-tools-'));
});
afterEach(() => {
  rmSync(bin, { recursive: true, force: true });
});

function putProgram(name: string, script: string): void {
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(bin, name), 0o755);
}

const missing = (language: 'python' | 'go' | 'java') => missingTools(language, { PATH: bin });

describe('the tools of a language', () => {
  it('are missed by name where they are not installed', () => {
    expect(missing('python')).toBe('there is no python3 on PATH');
    expect(missing('go')).toBe('there is no go on PATH');
    expect(missing('java')).toBe('there is no mvn on PATH');
    putProgram('mvn', 'exit 0');
    expect(missing('java')).toBe('there is no javac in JAVA_HOME or on PATH');
  });

  it('are missed where they are too old or incomplete', () => {
    putProgram('go', 'echo go version go1.4.2 linux/amd64');
    expect(missing('go')).toMatch(/^go on PATH is older than 1\.\d+/);
    putProgram('python3', 'echo 3.9.2');
    expect(missing('python')).toBe('python3 on PATH is older than 3.10');
    putProgram('python3', 'case "$2" in *venv*) exit 1;; *) echo 3.11.7;; esac');
    expect(missing('python')).toBe('python3 has no venv');
    putProgram('mvn', 'exit 0');
    putProgram('javac', 'echo javac 11.0.2');
    expect(missing('java')).toBe('javac is older than 17');
  });

  it('are all there', () => {
    putProgram('go', 'echo go version go1.99.0 linux/amd64');
    putProgram('python3', 'echo 3.14.0');
    putProgram('mvn', 'exit 0');
    putProgram('javac', 'echo javac 17.0.15');
    expect([missing('python'), missing('go'), missing('java')]).toEqual([undefined, undefined, undefined]);
  });
});

describe('isAtLeast', () => {
  it.each([
    ['1.26.8', '1.26.0', true],
    ['1.26', '1.26.0', true],
    ['1.9.9', '1.26', false],
    ['3.10.1', '3.9', true],
    ['2', '2.1', false],
  ])('compares %s and %s by numbers', (version, least, is) => {
    expect(isAtLeast(version, least)).toBe(is);
  });
});
