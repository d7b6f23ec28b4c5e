import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyState, readState, writeState } from './engine-state.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-state-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const mysql = {
  launch: { command: 'mysqld', args: ['--port=1'], cwd: '/', logFile: '/log' },
  host: '127.0.0.1',
  ports: { client: 3306 },
  from: 'somewhere',
  process: { pid: 5, startedAt: 'boot/77' },
};

describe('the state of a data folder', () => {
  it('is unknown until something was started there', () => {
    expect(readState(join(folder, 'nowhere'))).toBeUndefined();
  });

  it('comes back as it was written', () => {
    const state = { ...emptyState('local'), engines: { mysql } };
    writeState(folder, state);
    expect(readState(folder)).toEqual(state);
  });

  it.each([
    '',
    '{',
    '{"format":2,"mode":"local","engines":{}}',
    '{"format":1,"mode":"local","engines":{"oracle":{}}}',
  ])('is not guessed from %j', (text) => {
    writeFileSync(join(folder, 'state.json'), text);
    expect(() => readState(folder)).toThrow(/state\.json cannot be understood/);
  });
});
