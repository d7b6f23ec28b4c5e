import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStackState, writeEnvironmentFiles, writeStackState, type StackState } from './stack-state.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'meridian-stack-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const service = (name: string, environment: Record<string, string>) => ({
  name,
  main: `apps/${name}/src/main.ts`,
  httpPort: 8_001,
  environment: { MERIDIAN_KEYSPACE: 'meridian', ...environment },
});
const state: StackState = {
  engineMode: 'local',
  regions: ['eu-west', 'us-east'],
  names: { database: 'd', keysDatabase: 'k', keyspace: 's', topicPrefix: 't' },
  projectors: 'together',
  closed: false,
  engineEnvironment: { MERIDIAN_KAFKA_BROKERS: '127.0.0.1:9092' },
  services: [
    service('command-service', { MERIDIAN_HTTP_PORT: '8001', MERIDIAN_MASTER_KEY: 'c2VjcmV0=' }),
    service('query-service-eu-west', { MERIDIAN_HTTP_PORT: '8101', MERIDIAN_MASTER_KEY: 'c2VjcmV0=' }),
  ],
};
const variablesOf = (file: string) => parseEnv(readFileSync(path.join(folder, file), 'utf8'));

describe('the state of a stack', () => {
  it('is read as it was written, and nobody else may read the keys in it', () => {
    expect(readStackState(folder)).toBeUndefined();
    writeStackState(folder, state);
    expect(readStackState(folder)).toEqual(state);
    expect(statSync(path.join(folder, 'stack.json')).mode & 0o077).toBe(0);
  });

  it('is never guessed: a damaged file is named', () => {
    writeFileSync(path.join(folder, 'stack.json'), '{"services": [');
    expect(() => readStackState(folder)).toThrow(path.join(folder, 'stack.json'));
  });
});

describe('the environment files', () => {
  it('hold what all services share in one and what a service alone is given in its own', () => {
    writeEnvironmentFiles(folder, state);
    expect(variablesOf('stack.env')).toEqual({
      MERIDIAN_KEYSPACE: 'meridian',
      MERIDIAN_MASTER_KEY: 'c2VjcmV0=',
    });
    expect(variablesOf('command-service.env')).toEqual({ MERIDIAN_HTTP_PORT: '8001' });
    expect(variablesOf('query-service-eu-west.env')).toEqual({ MERIDIAN_HTTP_PORT: '8101' });
  });

  it('together give each service exactly what it was planned with', () => {
    writeEnvironmentFiles(folder, state);
    for (const { name, environment } of state.services)
      expect({ ...variablesOf('stack.env'), ...variablesOf(`${name}.env`) }).toEqual(environment);
  });
});
