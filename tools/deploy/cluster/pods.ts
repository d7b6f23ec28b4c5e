import { listAt, numberAt, ofKind, textAt, type Build } from '../model/manifest.ts';

/** How many pods a build asks for: of every Deployment its replicas, of every Job one. */
export function podsWanted(build: Build): number {
  const replicas = ofKind(build, 'Deployment').map((one) => numberAt(one, 'spec', 'replicas') ?? 1);
  return replicas.reduce((sum, count) => sum + count, 0) + ofKind(build, 'Job').length;
}

/** What of the pods that an API server lists has no node, with the scheduler's reason; and what is missing of those wanted. */
export function unscheduled(list: unknown, wanted: number): string[] {
  const pods = listAt(list, 'items');
  const waiting = pods
    .filter((pod) => textAt(pod, 'spec', 'nodeName') === undefined)
    .map((pod) => {
      const why = listAt(pod, 'status', 'conditions').find((one) => textAt(one, 'type') === 'PodScheduled');
      return `${textAt(pod, 'metadata', 'name') ?? '?'} has no node: ${textAt(why, 'message') ?? 'not looked at yet'}`;
    });
  return pods.length < wanted ? [...waiting, `there are ${pods.length} of ${wanted} pods`] : waiting;
}

/** How many zones the pods of a build are in, by the labels of nodes. */
export function zonesOf(pods: unknown, nodes: unknown): number {
  const zoneOf = new Map(
    listAt(nodes, 'items').map((node) => [
      textAt(node, 'metadata', 'name'),
      textAt(node, 'metadata', 'labels', 'topology.kubernetes.io/zone'),
    ]),
  );
  const zones = listAt(pods, 'items').map((pod) => zoneOf.get(textAt(pod, 'spec', 'nodeName')));
  return new Set(zones.filter((zone) => zone !== undefined)).size;
}
