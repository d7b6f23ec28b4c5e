import { closed, secretFiles } from './closed.ts';
import { closedEngines } from './closed-engines.ts';
import { disruptionBudgets, drain, ports, probes, rollout } from './life.ts';
import { dashboards } from './dashboards.ts';
import { migrationJob, migrationOrder } from './migrations.ts';
import { alerts, metrics, monitors, routes } from './monitoring.ts';
import { defaultDeny, networkWays } from './network.ts';
import {
  contentHashes,
  everyService,
  fetchedSecrets,
  guardedNamespace,
  headless,
  images,
  names,
  secretsByReference,
  selectors,
  settings,
} from './objects.ts';
import {
  nonRootUser,
  noToken,
  priorities,
  readOnlyRoot,
  resources,
  restricted,
  topologySpread,
} from './pods.ts';
import type { Rule } from './rule.ts';
import { ownMetrics, scaling } from './scaling.ts';

/** Everything that holds of what is deployed, beside the schemas. */
export const RULES: readonly Rule[] = [
  restricted,
  guardedNamespace,
  nonRootUser,
  readOnlyRoot,
  noToken,
  resources,
  priorities,
  topologySpread,
  probes,
  drain,
  rollout,
  disruptionBudgets,
  ports,
  selectors,
  headless,
  images,
  everyService,
  migrationJob,
  migrationOrder,
  secretsByReference,
  fetchedSecrets,
  secretFiles,
  closed,
  closedEngines,
  contentHashes,
  names,
  settings,
  defaultDeny,
  networkWays,
  scaling,
  ownMetrics,
  metrics,
  alerts,
  monitors,
  dashboards,
  routes,
];
