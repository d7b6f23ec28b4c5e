import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { combinations, COMPONENTS, MANIFESTS, nameOf, OVERLAYS } from './combinations.ts';

const foldersOf = (path: string): string[] => readdirSync(join(workspaceRoot, MANIFESTS, path)).sort();

describe('what is built', () => {
  it('is every overlay and every component that there is', () => {
    expect(foldersOf('overlays')).toEqual([...OVERLAYS].sort());
    // These are in overlays or beside other components, and never chosen.
    const others = ['autoscaling-rules', 'closed-gateway', 'external-secrets-closed', 'network-policy'];
    expect(foldersOf('components')).toEqual([...COMPONENTS, ...others].sort());
  });

  it('is each choice once, and never two of what exclude each other', () => {
    const names = combinations().map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBe(3 * (3 * 2 * 2 * 2 * 2 * 3));
    expect(names.filter((name) => name.includes('keda') && name.includes('hpa'))).toEqual([]);
  });
});
