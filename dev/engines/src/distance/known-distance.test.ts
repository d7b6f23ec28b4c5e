import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistanceError } from '../errors.ts';
import { setDistance } from './control-distance.ts';
import { distanceOf, keepDistance, MOST_DISTANCE_MS } from './known-distance.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-distance-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the distance between regions', () => {
  it('is none unless one is wanted', () => {
    expect(distanceOf(folder, undefined, false)).toBeUndefined();
    expect(distanceOf(folder, 80, false)).toBe(80);
    expect(distanceOf(folder, 0, false)).toBe(0);
  });

  it('is the last one of the data when none is named, and may be changed', () => {
    keepDistance(folder, 80);
    expect(distanceOf(folder, undefined, true)).toBe(80);
    expect(distanceOf(folder, 0, true)).toBe(0);
  });

  it('is refused for data that was made without one', () => {
    expect(distanceOf(folder, undefined, true)).toBeUndefined();
    expect(() => distanceOf(folder, 80, true)).toThrow(DistanceError);
  });

  it('is not guessed from a file that was damaged', () => {
    for (const text of ['far', '']) {
      writeFileSync(join(folder, 'cassandra-distance-ms'), text);
      expect(() => distanceOf(folder, undefined, true)).toThrow(DistanceError);
    }
  });

  it.each([-1, MOST_DISTANCE_MS + 1, Number.NaN])('is not %d, nor changed to it', async (wanted) => {
    expect(() => distanceOf(folder, wanted, false)).toThrow(DistanceError);
    await expect(setDistance(folder, wanted)).rejects.toThrow(DistanceError);
  });
});
