import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClusterSizeError } from '../errors.ts';
import { readClusterName } from './cassandra-engine.ts';
import { clusterSize, keepClusterSize } from './cluster-size.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-size-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the number of Cassandra nodes per region', () => {
  it('is one unless another is wanted', () => {
    expect(clusterSize(folder, undefined)).toBe(1);
    expect(clusterSize(folder, 3)).toBe(3);
  });

  it('is that of the data, and no other may be wanted', () => {
    keepClusterSize(folder, 3);
    expect(clusterSize(folder, undefined)).toBe(3);
    expect(clusterSize(folder, 3)).toBe(3);
    expect(() => clusterSize(folder, 1)).toThrow(ClusterSizeError);
    expect(() => clusterSize(folder, 1)).toThrow(
      `the data in ${folder} was made with 3 Cassandra nodes per region, not 1: ask for 3 (--nodes 3), name another folder`,
    );
  });

  it('is one for data that is older than the choice', () => {
    readClusterName(folder);
    expect(clusterSize(folder, undefined)).toBe(1);
    expect(() => clusterSize(folder, 3)).toThrow(/made with one Cassandra node per region, not 3/);
  });

  it('is not guessed from a file that was damaged', () => {
    writeFileSync(join(folder, 'cassandra-nodes-per-region'), 'many');
    expect(() => clusterSize(folder, undefined)).toThrow(ClusterSizeError);
  });

  it.each([0, 4, 1.5, Number.NaN])('is from 1 to 3, not %d', (wanted) => {
    expect(() => clusterSize(folder, wanted)).toThrow(ClusterSizeError);
  });
});
