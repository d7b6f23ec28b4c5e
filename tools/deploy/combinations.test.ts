import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import {
  allCombinations,
  combinationsOfThree,
  COMPONENTS,
  MANIFESTS,
  nameOf,
  OVERLAYS,
  threesOf,
} from './combinations.ts';

const foldersOf = (path: string): string[] => readdirSync(join(workspaceRoot, MANIFESTS, path)).sort();

describe('what is built', () => {
  it('is every overlay and every component that there is', () => {
    expect(foldersOf('overlays')).toEqual([...OVERLAYS].sort());
    // These are in overlays or beside other components, and never chosen.
    const others = ['autoscaling-rules', 'closed-gateway', 'external-secrets-closed', 'network-policy'];
    expect(foldersOf('components')).toEqual([...COMPONENTS, ...others].sort());
  });

  it('is each choice once, and never two of what exclude each other', () => {
    const names = allCombinations().map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBe(3 * (3 * 2 * 2 * 2 * 2 * 3));
    expect(names.filter((name) => name.includes('keda') && name.includes('hpa'))).toEqual([]);
  });

  it('has any three choices together in a tenth of all', () => {
    const few = combinationsOfThree();
    expect(few.length).toBeLessThan(allCombinations().length / 10);
    expect(new Set(few.flatMap(threesOf))).toEqual(new Set(allCombinations().flatMap(threesOf)));
    const names = few.map(nameOf);
    expect(names.some((name) => /^reader-region.*gateway.*closed/.test(name))).toBe(true);
    expect(names.some((name) => /^home-region.*hpa.*helm/.test(name))).toBe(true);
  });

  it('has 35 threes of seven choices, whether a component is chosen or none', () => {
    const threes = threesOf({ overlay: 'local', components: ['monitoring'] });
    expect(new Set(threes).size).toBe(35);
    expect(threes).toContain('local + monitoring + no gateway');
    expect(threes).toContain('local + no autoscaling-keda or autoscaling-hpa + monitoring');
  });
});
