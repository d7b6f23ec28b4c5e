import type { DashboardPlan } from './panel.ts';
import { rate } from './promql.ts';

/** From the journal to whoever consumes the topics. */
export const relayAndKafka: DashboardPlan = {
  name: 'relay-and-kafka',
  title: 'Meridian: relay and Kafka',
  about: 'What the relay publishes, what waits to be published, and what waits in Kafka for the projectors.',
  rows: [
    {
      title: 'Relay',
      panels: [
        {
          title: 'Events published',
          about: 'Events that Kafka acknowledged, per second and context.',
          unit: 'ops',
          queries: [{ expr: rate('meridian_relay_published_total', 'context'), legend: '{{context}}' }],
        },
        {
          title: 'Age of the oldest event that is not published',
          about: 'Above 30 s for a minute: Kafka is away, refuses a message, or has lost everything.',
          unit: 's',
          queries: [{ expr: 'max(meridian_relay_oldest_unpublished_seconds)', legend: 'oldest' }],
        },
        {
          title: 'Events that are not published, by shard',
          about: 'One shard alone that rises is blocked, or has no owner.',
          unit: 'short',
          queries: [{ expr: 'max by (shard) (meridian_relay_backlog_events)', legend: 'shard {{shard}}' }],
        },
        {
          title: 'Events published by each replica',
          about: 'Per second. A replica beyond the twelfth owns no shard and publishes nothing.',
          unit: 'ops',
          queries: [{ expr: rate('meridian_relay_published_total', 'instance'), legend: '{{instance}}' }],
        },
        {
          title: 'Shards that are blocked',
          about: '1 where an event is larger than its topic takes. Raise max.message.bytes of the topic.',
          unit: 'short',
          queries: [{ expr: 'max by (shard) (meridian_relay_blocked_shard)', legend: 'shard {{shard}}' }],
        },
        {
          title: 'Topics of another journal',
          about: '1 while the topics hold events of another journal: nothing is published.',
          unit: 'short',
          queries: [{ expr: 'max(meridian_relay_foreign_topics)', legend: 'foreign' }],
        },
      ],
    },
    {
      title: 'Kafka, as its consumers see it',
      panels: [
        {
          title: 'Messages that wait in Kafka',
          about: 'Messages that are not in the rows yet, by projector.',
          unit: 'short',
          queries: [{ expr: 'sum by (service) (meridian_projection_lag_messages)', legend: '{{service}}' }],
        },
        {
          title: 'Messages consumed',
          about: 'Events applied per second and projector. Two generations of a read model count twice.',
          unit: 'ops',
          queries: [{ expr: rate('meridian_projection_events_total', 'service'), legend: '{{service}}' }],
        },
        {
          title: 'Time since Kafka last answered',
          about: 'Above 30 s Kafka does not answer this projector, which goes on trying.',
          unit: 's',
          queries: [
            {
              expr: 'max by (service) (meridian_projector_kafka_silent_seconds)',
              legend: '{{service}}',
            },
          ],
        },
        {
          title: 'Partitions owned',
          about: 'Partitions by process. Replicas of a projector should own the same number.',
          unit: 'short',
          queries: [
            {
              expr: 'count by (service, instance) (meridian_projection_event_age_seconds)',
              legend: '{{service}} {{instance}}',
            },
          ],
        },
      ],
    },
  ],
};
