import {
  at,
  listAt,
  numberAt,
  ofKind,
  textAt,
  textsIn,
  titleOf,
  type Build,
  type Manifest,
} from '../model/manifest.ts';
import { servingPods, type Pod } from '../model/pods.ts';
import type { Rule } from './rule.ts';

/** Partitions of every topic: a projector beyond them would own none, and a number that does not divide them makes some own more. */
const PARTITIONS = 12;
/** Seconds; a load that comes back must not find the pods just gone. */
const SLOW_TO_SHRINK_S = 600;

interface Scaler {
  readonly title: string;
  readonly target: string | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly behavior: unknown;
  readonly manifest: Manifest;
}

function scalersOf(build: Build): Scaler[] {
  return ofKind(build, 'ScaledObject', 'HorizontalPodAutoscaler').map((manifest) => {
    const isKeda = manifest.kind === 'ScaledObject';
    return {
      title: titleOf(manifest),
      target: textAt(manifest, 'spec', 'scaleTargetRef', 'name'),
      min: numberAt(manifest, 'spec', isKeda ? 'minReplicaCount' : 'minReplicas'),
      max: numberAt(manifest, 'spec', isKeda ? 'maxReplicaCount' : 'maxReplicas'),
      behavior: isKeda
        ? at(manifest, 'spec', 'advanced', 'horizontalPodAutoscalerConfig', 'behavior')
        : at(manifest, 'spec', 'behavior'),
      manifest,
    };
  });
}

const isProjector = ({ labels }: Pod): boolean => labels['meridian/role'] === 'projector';
const divides = (replicas: number | undefined): boolean =>
  replicas !== undefined && replicas > 0 && PARTITIONS % replicas === 0;

/** Who scales a workload is one, has bounds that fit, and is slow to shrink. */
export const scaling: Rule = {
  name: 'scaling',
  check(build) {
    const scalers = scalersOf(build);
    const said = servingPods(build).flatMap((pod) => {
      const own = scalers.filter(({ target }) => target === pod.owner.metadata.name);
      const replicas = numberAt(pod.owner, 'spec', 'replicas');
      const told: string[] = [];
      if (scalers.length > 0 && own.length !== 1)
        told.push(`${pod.title} has ${own.length} scalers and not one`);
      if (own.length > 0 && replicas !== undefined)
        told.push(`${pod.title} names its replicas beside a scaler: each apply would undo what it did`);
      if (own.length === 0 && (replicas === undefined || (isProjector(pod) && !divides(replicas))))
        told.push(
          `${pod.title} has ${replicas ?? 'no number of'} replicas, which does not divide ${PARTITIONS}`,
        );
      return [...told, ...own.flatMap((scaler) => bounds(scaler, pod))];
    });
    const targets = servingPods(build).map(({ owner }) => owner.metadata.name);
    const lost = scalers.filter(({ target }) => !targets.includes(target ?? ''));
    return [
      ...said,
      ...lost.map(({ title, target }) => `${title} scales ${target ?? 'nothing'}, which is not there`),
    ];
  },
};

function bounds({ title, min = 0, max, behavior, manifest }: Scaler, pod: Pod): string[] {
  const said: string[] = [];
  if (min < 1) said.push(`${title} may go to 0`);
  if (max === undefined || max < min) said.push(`${title} has no most`);
  if (isProjector(pod) && !(divides(min) && max === PARTITIONS))
    said.push(`${title} does not go from a divisor of ${PARTITIONS} to ${PARTITIONS}`);
  if ((numberAt(behavior, 'scaleDown', 'stabilizationWindowSeconds') ?? 0) < SLOW_TO_SHRINK_S)
    said.push(`${title} is quick to shrink`);
  if (manifest.kind === 'ScaledObject' && at(manifest, 'spec', 'fallback') === undefined)
    said.push(`${title} does not say what holds while metrics are away`);
  if (isProjector(pod)) said.push(...steps(title, behavior));
  return said;
}

/** A step that is limited to some pods would stop between two divisors. */
function steps(title: string, behavior: unknown): string[] {
  return ['scaleUp', 'scaleDown'].flatMap((way) => {
    const policies = listAt(behavior, way, 'policies');
    const isWhole = policies.some(
      (one) => textAt(one, 'type') === 'Pods' && (numberAt(one, 'value') ?? 0) >= PARTITIONS,
    );
    return isWhole ? [] : [`${title} may stop at a number of pods between two divisors (${way})`];
  });
}

/** A consumer group is named by its generation: who watches one watches a dead one after a promotion. */
export const ownMetrics: Rule = {
  name: 'own-metrics',
  check: (build) =>
    scalersOf(build).flatMap(({ title, manifest }) => {
      const kafka = listAt(manifest, 'spec', 'triggers').some((one) =>
        (textAt(one, 'type') ?? '').includes('kafka'),
      );
      const group = textsIn(manifest['spec']).some((text) => /consumer_?group|kafka_/i.test(text));
      return kafka || group
        ? [`${title} asks Kafka about a consumer group, and not the service's own metrics`]
        : [];
    }),
};
