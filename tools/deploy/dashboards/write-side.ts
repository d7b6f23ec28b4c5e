import type { DashboardPlan } from './panel.ts';
import { quantiles, rate, WINDOW } from './promql.ts';

const COMMANDS = 'method=~".*CommandService/.*"';

/** From a command to its place in the journal. */
export const writeSide: DashboardPlan = {
  name: 'write-side',
  title: 'Meridian: write side',
  about:
    'Commands, the transactions that they share, and the journal. The sections of docs/operations/runbook.md say what to do.',
  rows: [
    {
      title: 'Commands',
      panels: [
        {
          title: 'Commands',
          about:
            'Commands answered per second. UNAVAILABLE and INTERNAL are faults; the other statuses are the callers’.',
          unit: 'ops',
          queries: [
            { expr: rate('meridian_rpc_duration_seconds_count', 'status', COMMANDS), legend: '{{status}}' },
          ],
        },
        {
          title: 'Time of a command',
          about: 'From the call to its answer, which comes after the commit.',
          unit: 's',
          queries: quantiles('meridian_rpc_duration_seconds', 'service', COMMANDS),
        },
        {
          title: 'Commands by kind',
          about: 'Commands answered per second, whatever the answer.',
          unit: 'ops',
          queries: [
            { expr: rate('meridian_rpc_duration_seconds_count', 'method', COMMANDS), legend: '{{method}}' },
          ],
        },
      ],
    },
    {
      title: 'Transactions',
      panels: [
        {
          title: 'Time of a transaction',
          about:
            'How long MySQL takes for a group of commands. Rises when MySQL or its disk is too slow for the load.',
          unit: 's',
          queries: quantiles('meridian_commit_duration_seconds', 'service'),
        },
        {
          title: 'Commands in one transaction',
          about: 'Commands that arrive together share a transaction. The mean rises with the load.',
          unit: 'short',
          queries: [
            {
              expr: `${rate('meridian_commit_group_commands_sum', 'service')} / ${rate('meridian_commit_group_commands_count', 'service')}`,
              legend: 'mean',
            },
          ],
        },
        {
          title: 'Transactions, and those tried again',
          about:
            'Causes: lock is a deadlock, wait a wait for rows, key a duplicate key, away a database that does not answer.',
          unit: 'ops',
          queries: [
            { expr: rate('meridian_commit_duration_seconds_count', 'service'), legend: 'transactions' },
            { expr: rate('meridian_commit_retries_total', 'cause'), legend: 'again: {{cause}}' },
          ],
        },
        {
          title: 'Commands that wait',
          about:
            'Waiting: for their group; near MERIDIAN_QUEUE_COMMANDS callers are refused. Held: for rows of another transaction.',
          unit: 'short',
          queries: [
            { expr: 'sum by (instance) (meridian_commands_waiting)', legend: 'waiting, {{instance}}' },
            { expr: 'sum by (instance) (meridian_commands_held)', legend: 'held, {{instance}}' },
          ],
        },
      ],
    },
    {
      title: 'Journal and keys',
      panels: [
        {
          title: 'Events recorded',
          about: 'Positions drawn per second. Nothing is drawn where MySQL does not answer: the line ends.',
          unit: 'ops',
          queries: [{ expr: `max(deriv(meridian_journal_position[${WINDOW}]))`, legend: 'events' }],
        },
        {
          title: 'Positions that MySQL has lost',
          about: 'Above 0 commands are refused until an operator fences the journal.',
          unit: 'short',
          queries: [{ expr: 'max(meridian_journal_behind_positions)', legend: 'positions' }],
        },
        {
          title: 'Customers’ keys to copy',
          about:
            'Changes of keys that a region does not have yet. Falls to 0 by itself when the region answers.',
          unit: 'short',
          queries: [{ expr: 'max by (region) (meridian_keys_to_copy)', legend: '{{region}}' }],
        },
      ],
    },
  ],
};
