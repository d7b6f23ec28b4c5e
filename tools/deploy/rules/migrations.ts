import { at, numberAt, ofKind, textAt, titleOf, type Build, type Manifest } from '../model/manifest.ts';
import { environmentOf, podsOf, readSecrets, type Pod } from '../model/pods.ts';
import { policiesOf, unreachablePorts } from './network.ts';
import type { Rule } from './rule.ts';

/** A template of a Job cannot be changed: each version has a Job of its own, which stays. */
export const migrationJob: Rule = {
  name: 'migration-job',
  check(build) {
    const said: string[] = [];
    const jobs = ofKind(build, 'Job');
    for (const job of jobs) {
      const image = textAt(job, 'spec', 'template', 'spec', 'containers', 0, 'image') ?? '';
      const version = textAt(job, 'metadata', 'labels', 'app.kubernetes.io/version') ?? '';
      if (!job.metadata.name.endsWith(`-${version.replaceAll('.', '-')}`) || version === '')
        said.push(`${titleOf(job)} does not carry the version ${version} of ${image} in its name`);
      if (at(job, 'spec', 'ttlSecondsAfterFinished') !== undefined)
        said.push(`${titleOf(job)} has a time to live: it would be made again after it`);
      if (
        textAt(job, 'spec', 'template', 'spec', 'restartPolicy') !== 'OnFailure' ||
        numberAt(job, 'spec', 'activeDeadlineSeconds') === undefined
      )
        said.push(`${titleOf(job)} does not repeat what failed, or does so without an end`);
    }
    const hasWriter = podsOf(build).some(({ title }) => title === 'Deployment/command-service');
    if (jobs.length !== (hasWriter ? 1 : 0)) said.push(`migrations are ${jobs.length} jobs`);
    return said;
  },
};

const HOOK = 'helm.sh/hook';
/** The annotation by which Argo CD orders what it applies. */
export const WAVE = 'argocd.argoproj.io/sync-wave';

const waveOf = (one: Manifest) => Number(one.metadata.annotations[WAVE] ?? 0);
const weightOf = (one: Manifest) => Number(one.metadata.annotations['helm.sh/hook-weight'] ?? 0);
const isHook = (one: Manifest) => one.metadata.annotations[HOOK] !== undefined;

/** Migrations run before what is rolled out, and after what their own pod needs. */
export const migrationOrder: Rule = {
  name: 'migration-order',
  check(build) {
    return podsOf(build).flatMap((pod) => {
      const { owner, title } = pod;
      if (owner.kind !== 'Job') return [];
      const isWaved = owner.metadata.annotations[WAVE] !== undefined;
      const isOrdered = isHook(owner) || isWaved;
      const early = isWaved ? ofKind(build, 'Deployment').filter((one) => waveOf(one) <= waveOf(owner)) : [];
      const isThere = (one: Manifest) =>
        isHook(owner) ? isHook(one) && weightOf(one) < weightOf(owner) : waveOf(one) < waveOf(owner);
      const late = isOrdered ? neededBy(build, pod).filter((one) => !isThere(one)) : [];
      // The namespace has its other policies from the upgrade on, and none but these at the first install.
      const policies = isOrdered ? policiesOf(build, pod).filter(isThere) : [];
      return [
        ...late.map((one) => `${title} runs before ${titleOf(one)}, which it needs`),
        ...(isOrdered ? unreachablePorts(build, pod, policies) : []).map(
          (port) => `${title} runs before a NetworkPolicy that lets it reach port ${port}, which it needs`,
        ),
        ...early.map((one) => `${titleOf(one)} is rolled out before the migrations`),
        ...(isWaved ? upgradedTooEarly(build) : []),
        ...removedAtUpgrades(build, pod),
      ];
    });
  },
};

/** Services roll out at once, as a first install needs it, or in the order of an upgrade: no two steps share a wave. */
function upgradedTooEarly(build: Build): string[] {
  const services = ofKind(build, 'Deployment');
  if (new Set(services.map(waveOf)).size === 1) return [];
  const stepOf = ({ metadata }: Manifest) =>
    ['query-service', 'command-service'].indexOf(metadata.labels['app.kubernetes.io/name'] ?? '');
  return services.flatMap((one) =>
    services
      .filter((other) => stepOf(other) < stepOf(one) && waveOf(other) >= waveOf(one))
      .map((other) => `${titleOf(one)} is upgraded before ${titleOf(other)} is`),
  );
}

/** What has to be there before a pod runs, beside its policies: of each kind, what the pod names. */
function neededBy(build: Build, pod: Pod): Manifest[] {
  const { spec, containers } = pod;
  const named: Readonly<Record<string, readonly (string | undefined)[]>> = {
    ConfigMap: containers.flatMap((one) => environmentOf(build, one).configMaps),
    ServiceAccount: [textAt(spec, 'serviceAccountName')],
    PriorityClass: [textAt(spec, 'priorityClassName')],
    ExternalSecret: readSecrets(pod).map(({ name }) => name),
  };
  return build.manifests.filter((one) =>
    named[one.kind]?.includes(
      one.kind === 'ExternalSecret' ? textAt(one, 'spec', 'target', 'name') : one.metadata.name,
    ),
  );
}

/** What services need, too, is no hook of upgrades: Helm removes a hook before it makes it again. */
function removedAtUpgrades(build: Build, migrations: Pod): string[] {
  const others = podsOf(build).filter(({ owner }) => owner !== migrations.owner);
  const shared = new Set(others.flatMap((pod) => [...neededBy(build, pod), ...policiesOf(build, pod)]));
  return [...shared]
    .filter((one) => (one.metadata.annotations[HOOK] ?? '').includes('upgrade'))
    .map((one) => `${titleOf(one)} is removed at each upgrade, while services need it`);
}
