import type { DashboardPlan } from './panel.ts';
import { quantiles, rate } from './promql.ts';

const CHOSEN = 'read_model=~"$read_model"';
const APPLIED = `meridian_query_applied_position{${CHOSEN}}`;

/** How far every copy of every read model is, and what stands in its way. */
export const readModels: DashboardPlan = {
  name: 'read-models',
  title: 'Meridian: read models',
  about:
    'Lag, staleness by region, parked aggregates and generations. The runbook has a section for each alert.',
  choice: { label: 'read_model', metric: 'meridian_projection_fed' },
  rows: [
    {
      title: 'Lag',
      panels: [
        {
          title: 'Age of the oldest event that is not applied',
          about: '0 when nothing waits. Above 30 s for a minute somebody is paged.',
          unit: 's',
          queries: [
            {
              expr: `max by (read_model, generation) (meridian_projection_event_age_seconds{${CHOSEN}})`,
              legend: '{{read_model}} {{generation}}',
            },
          ],
        },
        {
          title: 'Messages that are not applied',
          about:
            'Rises for minutes: the projector is slow or halted. Autoscaling follows this number and the age.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (read_model, generation) (meridian_projection_lag_messages{${CHOSEN}})`,
              legend: '{{read_model}} {{generation}}',
            },
          ],
        },
        {
          title: 'Events applied',
          about: 'Events per second in the rows of every region that answers.',
          unit: 'ops',
          queries: [
            {
              expr: rate('meridian_projection_events_total', 'read_model, generation', CHOSEN),
              legend: '{{read_model}} {{generation}}',
            },
          ],
        },
        {
          title: 'Time of a batch',
          about: 'Rows in every region, then progress. Rises with the distance of the furthest region.',
          unit: 's',
          queries: quantiles('meridian_projection_batch_seconds', 'read_model', CHOSEN),
        },
      ],
    },
    {
      title: 'Staleness by region',
      panels: [
        {
          title: 'Positions behind the region that is furthest',
          about:
            '0 where a region shows what the best region shows. One region alone that rises is left behind.',
          unit: 'short',
          queries: [
            {
              expr: `max by (read_model) (${APPLIED}) - on (read_model) group_right () max by (read_model, store_region) (${APPLIED})`,
              legend: '{{store_region}} {{read_model}}',
            },
          ],
        },
        {
          title: 'Time that readers wait for what they wrote',
          about:
            'Questions with a token wait until their region has applied it. A p99 above 1 s makes a ticket.',
          unit: 's',
          queries: quantiles('meridian_query_token_wait_seconds', 'read_model', CHOSEN),
        },
        {
          title: 'Regions that take writes',
          about:
            '0 while a region is left behind: projectors go on without it and catch up later. Empty: none ever was.',
          unit: 'short',
          queries: [
            {
              expr: `min by (region) (meridian_projection_region_answers{${CHOSEN}})`,
              legend: '{{region}}',
            },
          ],
        },
        {
          title: 'Partitions in which a region lacks something',
          about:
            'catching_up falls by itself. lost does not: Kafka no longer holds it, so rebuild the read model.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (region, state) (meridian_projection_region_behind_partitions{${CHOSEN}})`,
              legend: '{{region}} {{state}}',
            },
          ],
        },
        {
          title: 'Regions whose own store answers questions',
          about: '0 while a region’s data centre is away, and another region answers in its place.',
          unit: 'short',
          queries: [
            {
              expr: 'max by (store_region) (meridian_query_store_serving)',
              legend: '{{store_region}}',
            },
          ],
        },
        {
          title: 'Statements that a region’s store did not answer',
          about: 'Per second. Any for a minute: look at that data centre.',
          unit: 'ops',
          queries: [
            { expr: rate('meridian_query_store_failures_total', 'store_region'), legend: '{{store_region}}' },
          ],
        },
      ],
    },
    {
      title: 'Parked, halted and failed',
      panels: [
        {
          title: 'Parked aggregates',
          about: 'Aggregates whose events could not be applied. They wait for an operator; the others go on.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (read_model, generation) (meridian_projection_parked_aggregates{${CHOSEN}})`,
              legend: '{{read_model}} {{generation}}',
            },
          ],
        },
        {
          title: 'Partitions that are halted',
          about:
            'full: no more can be parked. lost: Kafka no longer holds what comes next. foreign: another journal.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (read_model, reason) (meridian_projection_stands_still{${CHOSEN}})`,
              legend: '{{read_model}} {{reason}}',
            },
          ],
        },
        {
          title: 'Failures, and events of unknown types',
          about:
            'store is tried again and nothing is skipped. event parks an aggregate. Unknown: the projector is too old.',
          unit: 'ops',
          queries: [
            {
              expr: rate('meridian_projection_failures_total', 'read_model, kind', CHOSEN),
              legend: '{{read_model}} {{kind}}',
            },
            {
              expr: rate('meridian_projection_unknown_events_total', 'read_model, type', CHOSEN),
              legend: '{{read_model}} unknown {{type}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Generations',
      panels: [
        {
          title: 'Generations that are fed',
          about: 'Processes that feed a generation. The live one at 0 for a minute pages somebody.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (read_model, generation, live) (meridian_projection_fed{${CHOSEN}})`,
              legend: '{{read_model}} {{generation}}, live {{live}}',
            },
          ],
        },
      ],
    },
  ],
};
