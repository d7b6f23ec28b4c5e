import { dashboardOf, type DashboardPlan } from './panel.ts';
import { readModels } from './read-models.ts';
import { relayAndKafka } from './relay-and-kafka.ts';
import { services } from './services.ts';
import { writeSide } from './write-side.ts';

/** Where the dashboards are, from the workspace's folder. The component of monitoring gives each to Grafana. */
export const DASHBOARDS = 'deploy/kubernetes/components/monitoring/dashboards';

const PLANS: readonly DashboardPlan[] = [writeSide, relayAndKafka, readModels, services];

/** Every dashboard as JSON, by the name of its file. */
export function dashboards(): ReadonlyMap<string, string> {
  return new Map(
    PLANS.map((plan) => [`${plan.name}.json`, `${JSON.stringify(dashboardOf(plan), undefined, 2)}\n`]),
  );
}
