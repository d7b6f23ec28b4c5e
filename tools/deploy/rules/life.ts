import { at, chosenBy, listAt, numberAt, ofKind, textAt, textsAt, titleOf } from '../model/manifest.ts';
import { environmentOf, portsOf, servingPods, type Container } from '../model/pods.ts';
import type { Rule } from './rule.ts';

/** What the host takes after the drain for the last spans and log lines, in seconds. */
const FLUSH_S = 3;
const PROBES = [
  ['startupProbe', '/livez'],
  ['livenessProbe', '/livez'],
  ['readinessProbe', '/readyz'],
] as const;

/** Three probes on the HTTP port. The one that restarts asks about the process alone. */
export const probes: Rule = {
  name: 'probes',
  check: (build) =>
    servingPods(build).flatMap((pod) =>
      pod.containers.flatMap(({ title, spec }) =>
        PROBES.flatMap(([name, path]) => {
          const probe = at(spec, name);
          if (probe === undefined) return [`${title} has no ${name}`];
          const port = textAt(probe, 'httpGet', 'port') ?? '';
          const isRight =
            textAt(probe, 'httpGet', 'path') === path && port === 'http' && portsOf(pod).has(port);
          return isRight ? [] : [`${title} has a ${name} that does not ask GET ${path} on the port http`];
        }),
      ),
    ),
};

/** The pause before the drain is Kubernetes' own action, as images have no shell; the drain ends before the pod is killed. */
export const drain: Rule = {
  name: 'drain',
  check: (build) =>
    servingPods(build).flatMap(({ title, spec, containers }) => {
      const graceS = numberAt(spec, 'terminationGracePeriodSeconds') ?? 30;
      return containers.flatMap((container) => {
        const pauseS = numberAt(container.spec, 'lifecycle', 'preStop', 'sleep', 'seconds');
        if (pauseS === undefined) return [`${container.title} has no preStop of the kind sleep`];
        const drainS = Number(environmentOf(build, container).values['MERIDIAN_DRAIN_MS'] ?? 20_000) / 1_000;
        const needsS = pauseS + drainS + FLUSH_S;
        return graceS > needsS
          ? []
          : [`${title} is killed after ${graceS} s, and its end may take ${needsS} s`];
      });
    }),
};

export const rollout: Rule = {
  name: 'rollout',
  check: (build) =>
    servingPods(build).flatMap(({ title, owner }) => {
      const update = at(owner, 'spec', 'strategy', 'rollingUpdate');
      const isRight = numberAt(update, 'maxUnavailable') === 0 && (numberAt(update, 'maxSurge') ?? 0) >= 1;
      return isRight ? [] : [`${title} may have fewer pods during a roll-out than it should`];
    }),
};

/** One budget for each workload; one that asks for a number of pods would block a node's drain where that is all there are. */
export const disruptionBudgets: Rule = {
  name: 'disruption-budgets',
  check(build) {
    const budgets = ofKind(build, 'PodDisruptionBudget');
    const chosen = (one: unknown) => textsAt(one, 'spec', 'selector', 'matchLabels');
    const empty = budgets.filter((one) => Object.keys(chosen(one)).length === 0);
    const said = empty.map((one) => `${titleOf(one)} chooses every pod`);
    for (const { title, labels } of servingPods(build)) {
      const own = budgets.filter((one) => chosenBy(chosen(one), labels));
      if (own.length !== 1) said.push(`${title} has ${own.length} disruption budgets and not one`);
      if (
        own.some(
          (one) =>
            at(one, 'spec', 'minAvailable') !== undefined || numberAt(one, 'spec', 'maxUnavailable') !== 1,
        )
      )
        said.push(`${title} has a disruption budget without maxUnavailable 1`);
    }
    return said;
  },
};

/** Ports have one name and number in the environment, the container, the probes and the Service. */
export const ports: Rule = {
  name: 'ports',
  check: (build) => [
    ...servingPods(build).flatMap((pod) => {
      const named = portsOf(pod);
      return pod.containers.flatMap((container) => {
        const { values } = environmentOf(build, container);
        return [
          ...listens(
            container,
            values['MERIDIAN_HTTP_HOST'],
            values['MERIDIAN_HTTP_PORT'],
            named.get('http'),
            'http',
          ),
          ...listens(container, ...hostAndPort(values['MERIDIAN_GRPC_ADDRESS']), named.get('grpc'), 'grpc'),
        ];
      });
    }),
    ...ofKind(build, 'Service').flatMap((service) => {
      const pods = servingPods(build).filter(({ labels }) =>
        chosenBy(textsAt(service, 'spec', 'selector'), labels),
      );
      const targets = listAt(service, 'spec', 'ports').map((port) => textAt(port, 'targetPort') ?? '');
      const lacking = targets.filter((target) => !pods.every((pod) => portsOf(pod).has(target)));
      return lacking.map(
        (target) => `${titleOf(service)} sends to a port ${target} that its pods do not have`,
      );
    }),
  ],
};

function hostAndPort(address = ''): [string, string] {
  const [host = '', port = ''] = address.split(':');
  return [host, port];
}

function listens(
  { title }: Container,
  host: string | undefined,
  port: string | undefined,
  named: number | undefined,
  name: string,
): string[] {
  return host === '0.0.0.0' && Number(port) === named
    ? []
    : [`${title} does not listen on its port ${name} for other pods`];
}
