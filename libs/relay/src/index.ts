export { announceReplica, type Announcement, type AnnounceOptions } from './announce-replica.ts';
export { MOST_COUNTED, readBacklog, readOldestAgeMs, type ShardBacklog } from './backlog.ts';
export * from './relay.ts';
export { republish, type RepublishOptions, type RepublishProgress } from './republish.ts';
export { eventsInKafkaAbove, highestInKafka, type PartitionPosition } from './highest-in-kafka.ts';
export { lookAtTopics, type ForeignEvent, type SeenInTopics } from './look-at-topics.ts';
export { watchJournal, type JournalWatch, type JournalWatchOptions } from './watch-journal.ts';
export { replicasAtWork } from './live-replicas.ts';
export { ensureEventTopics, isKafkaLost, KafkaLostError, refuseLostKafka } from './refuse-lost-kafka.ts';
