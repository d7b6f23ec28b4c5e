import { describe, expect, it } from 'vitest';
import { toManifest } from '../model/manifest.ts';
import { podsWanted, unscheduled, zonesOf } from './pods.ts';

const pod = (name: string, nodeName?: string) => ({
  metadata: { name },
  spec: nodeName === undefined ? {} : { nodeName },
  status: { conditions: [{ type: 'PodScheduled', message: '0/6 nodes are available' }] },
});

describe('the pods of a build', () => {
  it('are the replicas of its Deployments, and one of each Job', () => {
    const metadata = { name: 'any' };
    const manifests = [
      toManifest({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 3 } }),
      // An autoscaler sets the number: it begins with one.
      toManifest({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: {} }),
      toManifest({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: {} }),
    ];
    expect(podsWanted({ name: 'any', manifests })).toBe(5);
  });

  it('are scheduled when each has a node', () => {
    expect(unscheduled({ items: [pod('a', 'node-a1')] }, 1)).toEqual([]);
  });

  it('are not when one has none, or when there are fewer than wanted', () => {
    expect(unscheduled({ items: [pod('a')] }, 1)).toEqual(['a has no node: 0/6 nodes are available']);
    expect(unscheduled({ items: [pod('a', 'node-a1')] }, 2)).toEqual(['there are 1 of 2 pods']);
    expect(unscheduled({}, 1)).toEqual(['there are 0 of 1 pods']);
  });

  it('are in as many zones as their nodes', () => {
    const labels = (zone: string) => ({ 'topology.kubernetes.io/zone': zone });
    const nodes = {
      items: [
        { metadata: { name: 'node-a1', labels: labels('a') } },
        { metadata: { name: 'node-b1', labels: labels('b') } },
      ],
    };
    expect(zonesOf({ items: [pod('1', 'node-a1'), pod('2', 'node-b1'), pod('3')] }, nodes)).toBe(2);
  });
});
