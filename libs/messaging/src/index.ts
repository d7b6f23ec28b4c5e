export * from './access-lists.ts';
export * from './consumer.ts';
export * from './find-messages.ts';
export * from './follow-ends.ts';
export * from './follow-topics.ts';
export {
  activityOf,
  connectKafka,
  type KafkaHandle,
  type KafkaOptions,
  type KafkaSecurity,
} from './kafka.ts';
export { silentLog, type Log } from './log.ts';
export * from './partition-tails.ts';
export * from './producer.ts';
export * from './read-ranges.ts';
export * from './topics.ts';
export {
  messageBytes,
  readTopicSettings,
  replaceTopicSettings,
  unsafeSettings,
  type ClusterSettings,
  type TopicSettings,
} from './topic-settings.ts';
