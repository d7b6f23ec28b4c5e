import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { identify, rememberFolder, type ProcessIdentity } from '@meridian/engines';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { portsOfOtherStacks } from './held-ports.ts';
import { writeStackState } from './stack-state.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'meridian-cache-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

function stackIn(name: string, process: ProcessIdentity | undefined, firstPort: number): string {
  const folder = path.join(cache, name);
  mkdirSync(folder);
  const service = { main: 'main.ts', environment: {} };
  writeStackState(folder, {
    engineMode: 'external',
    regions: [],
    engineEnvironment: {},
    projectors: 'together',
    closed: false,
    names: { database: 'd', keysDatabase: 'k', keyspace: 's', topicPrefix: 't' },
    services: [
      {
        ...service,
        name: 'a',
        httpPort: firstPort,
        grpcPort: firstPort + 1,
        ...(process ? { process } : {}),
      },
      { ...service, name: 'b', httpPort: firstPort + 2 },
    ],
  });
  rememberFolder(cache, 'stacks', folder);
  return folder;
}

describe('portsOfOtherStacks', () => {
  it('are those of stacks that run, of services that are down too', () => {
    const mine = identify(process.pid);
    const own = stackIn('own', mine, 1_000);
    stackIn('runs', mine, 2_000);
    stackIn('stopped', undefined, 3_000);
    const damaged = stackIn('damaged', mine, 4_000);
    writeFileSync(path.join(damaged, 'stack.json'), '{');
    expect(portsOfOtherStacks(own, cache)).toEqual(new Set([2_000, 2_001, 2_002]));
  });
});
