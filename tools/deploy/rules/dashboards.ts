import { dashboardsOf, panelsOf, sourceOf, type DashboardFile } from '../model/dashboards.ts';
import { listAt, ofKind, textAt } from '../model/manifest.ts';
import type { Rule } from './rule.ts';

/** Whoever imports a dashboard chooses their own Prometheus. */
const CHOSEN_SOURCE = '${datasource}';

/** Monitoring brings dashboards. Each has an address of its own, asks whatever source its reader chooses, and explains itself. */
export const dashboards: Rule = {
  name: 'dashboards',
  check(build) {
    const all = dashboardsOf(build);
    if (all.length === 0)
      return ofKind(build, 'ServiceMonitor').length === 0 ? [] : ['monitoring without a dashboard'];
    const addresses = all.map(({ dashboard }) => textAt(dashboard, 'uid'));
    const twice = addresses.filter((uid, index) => uid !== undefined && addresses.indexOf(uid) !== index);
    return [...twice.map((uid) => `two dashboards have the address ${uid}`), ...all.flatMap(problemsOf)];
  },
};

function problemsOf({ title, dashboard }: DashboardFile): string[] {
  if (dashboard === undefined) return [`${title} is no JSON`];
  const panels = panelsOf(dashboard);
  return [
    ...(textAt(dashboard, 'uid') ? [] : [`${title} has no uid: its address changes with every import`]),
    ...(panels.length > 0 ? [] : [`${title} has no panel`]),
    ...panels.flatMap((panel) => problemsOfPanel(`${title}/${textAt(panel, 'title') ?? '?'}`, panel)),
  ];
}

function problemsOfPanel(title: string, panel: unknown): string[] {
  const targets = listAt(panel, 'targets');
  const ids = new Set(targets.map((target) => textAt(target, 'refId')));
  return [
    ...(textAt(panel, 'description') ? [] : [`${title} does not say what it shows`]),
    ...(targets.length > 0 ? [] : [`${title} asks nothing`]),
    ...(ids.size === targets.length ? [] : [`${title} has two queries with one refId: Grafana shows one`]),
    ...([panel, ...targets].every((part) => sourceOf(part) === CHOSEN_SOURCE)
      ? []
      : [`${title} asks another source than ${CHOSEN_SOURCE}`]),
  ];
}
