import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The units of Grafana that our panels use. */
export type Unit = 's' | 'bytes' | 'percentunit' | 'ops' | 'short';

/** A line of a panel, or one line for each series that the expression answers. */
export interface Query {
  /** PromQL. */
  readonly expr: string;
  /** Text with `{{label}}`, one for each series. */
  readonly legend: string;
}

/** One graph over time. */
export interface Panel {
  readonly title: string;
  /** What the graph shows, and which value should worry. */
  readonly about: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
}

/** Panels under one heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** One dashboard, in words. */
export interface DashboardPlan {
  /** Part of the dashboard's address, and the name of its file. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** A label that the reader may choose values of, as `$label` in expressions; its values come from the metric. */
  readonly choice?: { readonly label: string; readonly metric: string };
  readonly rows: readonly Row[];
}

const SOURCE = { type: 'prometheus', uid: '${datasource}' };
const PANELS_IN_A_ROW = 3;
const WIDTH = 24;
const HEIGHT = 8;
/** Faint, since the areas of several lines overlap. */
const FILL_PERCENT = 8;

/** The dashboard as Grafana imports it. Ids count from 1 in reading order, so that a link to a panel stays the same. */
export function dashboardOf(plan: DashboardPlan): Dashboard {
  const builder = new DashboardBuilder(plan.title)
    .uid(`meridian-${plan.name}`)
    .description(plan.about)
    .tags(['meridian'])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
  if (plan.choice) builder.withVariable(choiceOf(plan.choice));
  let id = 0;
  for (const row of plan.rows) {
    builder.withRow(new RowBuilder(row.title).id((id += 1)));
    for (const panel of row.panels) builder.withPanel(graph(panel, (id += 1)));
  }
  return builder.build();
}

function choiceOf({ label, metric }: NonNullable<DashboardPlan['choice']>): QueryVariableBuilder {
  return new QueryVariableBuilder(label)
    .datasource(SOURCE)
    .query(`label_values(${metric}, ${label})`)
    .multi(true)
    .includeAll(true)
    .allValue('.*');
}

function graph({ title, about, unit, queries }: Panel, id: number): PanelBuilder {
  const panel = new PanelBuilder()
    .id(id)
    .title(title)
    .description(about)
    .datasource(SOURCE)
    .unit(unit)
    .min(0)
    .fillOpacity(FILL_PERCENT)
    .span(WIDTH / PANELS_IN_A_ROW)
    .height(HEIGHT);
  for (const [index, { expr, legend }] of queries.entries())
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode('A'.charCodeAt(0) + index))
        .datasource(SOURCE)
        .expr(expr)
        .legendFormat(legend)
        .range(),
    );
  return panel;
}
