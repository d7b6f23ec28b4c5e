import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { processIdentity, workspaceFolder } from '@meridian/engines';
import { z } from 'zod';

const observer = z.object({ process: processIdentity, port: z.number() });
const observers = z.object({ prometheus: observer.optional(), grafana: observer.optional() });

/** The programs that watch a stack, as its folder names them. */
export type ObserversState = z.output<typeof observers>;

/** The names of the programs, which are the names of their logs too. */
export const OBSERVERS = ['prometheus', 'grafana'] as const;

/** Where the observers of a stack keep their files. */
export const observeFolder = (stackFolder: string): string => path.join(stackFolder, 'observe');

export const observersFile = (stackFolder: string): string =>
  path.join(observeFolder(stackFolder), 'observers.json');

/** The observers of a stack; nothing where none was started, or where the file is damaged: they hold no data of ours. */
export function readObservers(stackFolder: string): ObserversState {
  const file = observersFile(stackFolder);
  if (!existsSync(file)) return {};
  try {
    return observers.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}

const MONITORING = 'deploy/kubernetes/components';

/** The folder of the dashboards that Grafana shows, here and on Kubernetes. */
export const dashboardsFolder = (): string =>
  path.join(workspaceFolder(), MONITORING, 'monitoring/dashboards');

/** The resources whose recording rules and alerts Prometheus carries out, here and on Kubernetes. */
export const ruleResources = (): readonly string[] =>
  ['monitoring/rules.yaml', 'autoscaling-rules/rules.yaml'].map((file) =>
    path.join(workspaceFolder(), MONITORING, file),
  );
