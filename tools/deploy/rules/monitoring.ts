import { metricsIn } from '../model/expressions.ts';
import { at, chosenBy, listAt, ofKind, textAt, textsAt, titleOf, type Build } from '../model/manifest.ts';
import { dashboardExpressions, type Expression } from '../model/dashboards.ts';
import type { Product } from '../model/product.ts';
import type { Rule } from './rule.ts';

const rulesOf = (build: Build): { readonly title: string; readonly rule: unknown }[] =>
  ofKind(build, 'PrometheusRule').flatMap((manifest) =>
    listAt(manifest, 'spec', 'groups').flatMap((group) =>
      listAt(group, 'rules').map((rule) => ({
        title: `${titleOf(manifest)}/${textAt(rule, 'alert') ?? textAt(rule, 'record') ?? '?'}`,
        rule,
      })),
    ),
  );

/** Every expression that names metrics: of rules, scalers and dashboards. */
function expressionsOf(build: Build): Expression[] {
  const rules = rulesOf(build).map(({ title, rule }) => ({ title, text: textAt(rule, 'expr') ?? '' }));
  const keda = ofKind(build, 'ScaledObject').flatMap((one) =>
    listAt(one, 'spec', 'triggers').flatMap((trigger) => {
      const text = textAt(trigger, 'metadata', 'query');
      return text === undefined ? [] : [{ title: titleOf(one), text }];
    }),
  );
  const plain = ofKind(build, 'HorizontalPodAutoscaler').flatMap((one) =>
    listAt(one, 'spec', 'metrics').flatMap((metric) => {
      const text = textAt(metric, 'external', 'metric', 'name');
      // The adapter serves a recorded series under a name without colons.
      return text === undefined
        ? []
        : [{ title: titleOf(one), text: text.replace(/^meridian_recorded_/, 'meridian:') }];
    }),
  );
  return [...rules, ...keda, ...plain, ...dashboardExpressions(build)];
}

/** Series that Prometheus makes itself. */
const OF_PROMETHEUS = ['ALERTS', 'up'];

/** Each metric that is named is one that a service registers, or that a rule records. */
export const metrics: Rule = {
  name: 'metrics',
  check(build, product) {
    const recorded = new Set([
      ...OF_PROMETHEUS,
      ...rulesOf(build).flatMap(({ rule }) => textAt(rule, 'record') ?? []),
    ]);
    return expressionsOf(build).flatMap(({ title, text }) => {
      const named = metricsIn(text);
      const unknown = named.filter((name) => !recorded.has(name) && !product.hasMetric(name));
      if (named.length === 0) return [`${title} names no metric`];
      return unknown.map((name) => `${title} names ${name}, which nobody registers or records`);
    });
  },
};

/** An alert says how bad it is, for how long it must hold, and where a person reads what to do. */
export const alerts: Rule = {
  name: 'alerts',
  check: (build, product) =>
    rulesOf(build)
      .filter(({ rule }) => at(rule, 'alert') !== undefined)
      .flatMap(({ title, rule }) => describedAlert(title, rule, product)),
};

function describedAlert(title: string, rule: unknown, product: Product): string[] {
  const link = textAt(rule, 'annotations', 'runbook_url') ?? '';
  const anchor = /docs\/operations\/runbook\.md#([a-z0-9-]+)$/.exec(link)?.[1];
  const severity = textAt(rule, 'labels', 'severity') ?? '';
  return [
    ...(anchor !== undefined && product.runbook.has(anchor)
      ? []
      : [`${title} leads to no section of the runbook: ${link}`]),
    ...(['page', 'ticket'].includes(severity) ? [] : [`${title} has no severity of page or ticket`]),
    ...(textAt(rule, 'annotations', 'summary') ? [] : [`${title} has no summary`]),
    ...(textAt(rule, 'for') === undefined ? [`${title} does not say for how long`] : []),
  ];
}

/** Services label their metrics themselves; a monitor that does not honour that renames the label that rules use. */
export const monitors: Rule = {
  name: 'monitors',
  check(build) {
    const all = ofKind(build, 'ServiceMonitor');
    if (all.length === 0) return [];
    const said: string[] = [];
    const services = ofKind(build, 'Service');
    const chosen = (one: unknown) => textsAt(one, 'spec', 'selector', 'matchLabels');
    for (const service of services)
      if (!all.some((one) => chosenBy(chosen(one), service.metadata.labels)))
        said.push(`${titleOf(service)} is scraped by no monitor`);
    for (const monitor of all)
      for (const endpoint of listAt(monitor, 'spec', 'endpoints')) {
        if (at(endpoint, 'honorLabels') !== true)
          said.push(`${titleOf(monitor)} does not honour the label service`);
        const there = services.filter((one) => chosenBy(chosen(monitor), one.metadata.labels));
        const has = (one: unknown) =>
          listAt(one, 'spec', 'ports').some((port) => textAt(port, 'name') === textAt(endpoint, 'port'));
        if (!there.every(has)) said.push(`${titleOf(monitor)} scrapes a port that a service does not have`);
      }
    return said;
  },
};

/** Routes lead to services that are there, carry every call of the contract, and do not cut streams. */
export const routes: Rule = {
  name: 'routes',
  check(build, product) {
    const routed = ofKind(build, 'GRPCRoute');
    const services = new Set(ofKind(build, 'Service').map(({ metadata }) => metadata.name));
    const said: string[] = [];
    const matched = new Set<string>();
    for (const route of routed) {
      for (const rule of listAt(route, 'spec', 'rules')) {
        for (const match of listAt(rule, 'matches')) matched.add(textAt(match, 'method', 'service') ?? '');
        for (const backend of listAt(rule, 'backendRefs'))
          if (!services.has(textAt(backend, 'name') ?? '') || at(backend, 'port') !== 7000)
            said.push(
              `${titleOf(route)} leads to ${textAt(backend, 'name') ?? '?'}, which is not there or has another port`,
            );
      }
      const policy = ofKind(build, 'BackendTrafficPolicy').find((one) =>
        listAt(one, 'spec', 'targetRefs').some(
          (target) =>
            textAt(target, 'kind') === 'GRPCRoute' && textAt(target, 'name') === route.metadata.name,
        ),
      );
      if (textAt(policy, 'spec', 'timeout', 'http', 'requestTimeout') !== '0s')
        said.push(
          `${titleOf(route)} has no policy that leaves streams their time: a gateway cuts them after 15 s`,
        );
    }
    if (routed.length === 0) return said;
    const unknown = [...matched].filter((name) => !product.grpcServices.includes(name));
    const wanted = product.publicServices.filter(
      (name) => services.has(serviceFor(name)) && !matched.has(name),
    );
    return [
      ...said,
      ...unknown.map((name) => `GRPCRoute names ${name}, which is not in the contract`),
      ...wanted.map((name) => `GRPCRoute does not lead to ${name}`),
    ];
  },
};

/** Questions about what a region has not got by itself: the state of an erasure is with the writer. */
const ASKED_OF_THE_WRITER: readonly string[] = ['meridian.customers.v1.ErasureService'];

const serviceFor = (name: string): string =>
  name.endsWith('CommandService') || ASKED_OF_THE_WRITER.includes(name) ? 'command-service' : 'query-service';
