import type { DashboardPlan } from './panel.ts';
import { rate, WINDOW } from './promql.ts';

/** Other programs have metrics of processes too. */
const OURS = 'service=~"command-service|query-service|projector.*"';

/** What callers see, and what the processes take. */
export const services: DashboardPlan = {
  name: 'services',
  title: 'Meridian: services and gRPC',
  about: 'Calls by service, method and status, and the processes behind them.',
  rows: [
    {
      title: 'Calls',
      panels: [
        {
          title: 'Calls',
          about: 'Calls answered per second.',
          unit: 'ops',
          queries: [
            {
              expr: rate('meridian_rpc_duration_seconds_count', 'service, status', OURS),
              legend: '{{service}} {{status}}',
            },
          ],
        },
        {
          title: 'Share of calls that fail',
          about: 'For a reason that is not the caller’s. Above 1 % for five minutes pages somebody.',
          unit: 'percentunit',
          queries: [{ expr: 'meridian:call_faults:ratio_rate5m', legend: '{{service}}' }],
        },
        {
          title: 'Time of a call, p99 by method',
          about: 'Without watches, which last for minutes. A question with a token includes its wait.',
          unit: 's',
          queries: [{ expr: 'meridian:call_seconds:p99_rate5m', legend: '{{method}}' }],
        },
        {
          title: 'Calls under way',
          about: 'By service, watches included. Autoscaling follows this number without its streams.',
          unit: 'short',
          queries: [{ expr: `sum by (service) (meridian_rpc_in_flight{${OURS}})`, legend: '{{service}}' }],
        },
        {
          title: 'Calls refused because of who made them',
          about: 'Per second and reason. Rising fast: an attack, or a caller whose token or roles are wrong.',
          unit: 'ops',
          queries: [
            {
              expr: rate('meridian_calls_refused_total', 'service, reason'),
              legend: '{{service}} {{reason}}',
            },
          ],
        },
        {
          title: 'Watches',
          about: 'Open watches, and the aggregates that they watch.',
          unit: 'short',
          queries: [{ expr: 'sum by (of) (meridian_query_watches)', legend: '{{of}}' }],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'CPU',
          about: 'Cores that each process takes. Set requests from here.',
          unit: 'short',
          queries: [
            {
              expr: rate('process_cpu_seconds_total', 'service, instance', OURS),
              legend: '{{service}} {{instance}}',
            },
          ],
        },
        {
          title: 'Memory',
          about: 'Resident bytes of each process.',
          unit: 'bytes',
          queries: [
            {
              expr: `max by (service, instance) (process_resident_memory_bytes{${OURS}})`,
              legend: '{{service}} {{instance}}',
            },
          ],
        },
        {
          title: 'Delay of the event loop, p99',
          about:
            'Work that waits for the one thread of a process. Above 0.1 s the process has too much to do.',
          unit: 's',
          queries: [
            {
              expr: `max by (service, instance) (nodejs_eventloop_lag_p99_seconds{${OURS}})`,
              legend: '{{service}} {{instance}}',
            },
          ],
        },
        {
          title: 'Restarts',
          about: 'Processes that began within the last hour, by service.',
          unit: 'short',
          queries: [
            {
              expr: `count by (service) (time() - process_start_time_seconds{${OURS}} < 3600)`,
              legend: '{{service}}',
            },
          ],
        },
        {
          title: 'Lines of logs that are lost',
          about: 'Per second. The disk of the log is full, or nobody reads standard output.',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (service) (rate(meridian_log_lines_lost_total[${WINDOW}]))`,
              legend: '{{service}}',
            },
          ],
        },
        {
          title: 'Alerts that fire',
          about: 'By name. Each has a section of the runbook, which its annotation names.',
          unit: 'short',
          queries: [
            {
              expr: 'count by (alertname) (ALERTS{alertname=~"Meridian.*", alertstate="firing"})',
              legend: '{{alertname}}',
            },
          ],
        },
      ],
    },
  ],
};
