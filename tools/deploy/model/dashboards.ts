import { at, listAt, ofKind, textAt, textsAt, titleOf, type Build } from './manifest.ts';

/** The label by which Grafana's sidecar finds the ConfigMaps that hold dashboards. */
export const DASHBOARD_LABEL = 'grafana_dashboard';

/** A dashboard as a ConfigMap holds it. */
export interface DashboardFile {
  /** `ConfigMap/name/file`. */
  readonly title: string;
  /** What the file holds; undefined where it is no JSON. */
  readonly dashboard: unknown;
}

/** Every dashboard that a build gives to Grafana. */
export function dashboardsOf(build: Build): DashboardFile[] {
  return ofKind(build, 'ConfigMap')
    .filter((map) => map.metadata.labels[DASHBOARD_LABEL] !== undefined)
    .flatMap((map) =>
      Object.entries(textsAt(map, 'data')).map(([file, text]) => ({
        title: `${titleOf(map)}/${file}`,
        dashboard: parsed(text),
      })),
    );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The panels of a dashboard that show something: those in a closed row too, and no heading. */
export function panelsOf(dashboard: unknown): unknown[] {
  return listAt(dashboard, 'panels').flatMap((panel) =>
    textAt(panel, 'type') === 'row' ? listAt(panel, 'panels') : [panel],
  );
}

/** The uid of whatever a panel, or a part of it, asks; undefined where it names nothing. */
export function sourceOf(part: unknown): string | undefined {
  return at(part, 'datasource') === undefined ? undefined : textAt(part, 'datasource', 'uid');
}

/** An expression of PromQL, and where it stands. */
export interface Expression {
  readonly title: string;
  readonly text: string;
}

/** How a variable of Grafana asks for the values of a label. */
const LABEL_VALUES = /^label_values\((.*), \w+\)$/;

/** What the panels and the variables of dashboards ask Prometheus; empty text where something asks nothing. */
export function dashboardExpressions(build: Build): Expression[] {
  return dashboardsOf(build).flatMap(({ title, dashboard }) => [
    ...panelsOf(dashboard).flatMap((panel) =>
      listAt(panel, 'targets').map((target) => ({
        title: `${title}/${textAt(panel, 'title') ?? '?'}`,
        text: textAt(target, 'expr') ?? '',
      })),
    ),
    ...listAt(dashboard, 'templating', 'list')
      .filter((variable) => textAt(variable, 'type') === 'query')
      .map((variable) => ({
        title: `${title}/$${textAt(variable, 'name') ?? '?'}`,
        text: LABEL_VALUES.exec(textAt(variable, 'query') ?? '')?.[1] ?? '',
      })),
  ]);
}

/** The expression as Grafana would ask it: something in the place of each of its variables. */
export function withoutVariables({ text }: Expression): string {
  return text.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, 'any');
}
