import type { Kafka } from 'kafkajs';
import { createActivity, type Activity } from './activity.ts';
import { newClient, openSocket, type KafkaOptions } from './kafka-client.ts';

export type { KafkaOptions, KafkaSecurity } from './kafka-client.ts';

/** A handle on a Kafka cluster; connects on first use. */
export type KafkaHandle = Kafka;

const options = new WeakMap<KafkaHandle, KafkaOptions>();
const activities = new WeakMap<KafkaHandle, Activity>();

/**
 * Prepares a client of a Kafka cluster: with kafkajs' timer bug corrected and ZSTD registered. Nothing is connected yet.
 * A cold coordinator's errors are retried.
 */
export function connectKafka(given: KafkaOptions): KafkaHandle {
  const activity = createActivity();
  const kafka = newClient(given, {
    socketFactory(wanted) {
      activity.tried();
      return openSocket(wanted);
    },
  });
  options.set(kafka, given);
  activities.set(kafka, activity);
  return kafka;
}

/** The options of a handle, to make another client of the same cluster. */
export function optionsOf(kafka: KafkaHandle): KafkaOptions {
  const given = options.get(kafka);
  if (!given) throw new TypeError('this handle was not made by connectKafka');
  return given;
}

/** The activity of a client: of its connections and of its consumers. */
export function activityOf(kafka: KafkaHandle): Activity {
  const activity = activities.get(kafka);
  if (!activity) throw new TypeError('this handle was not made by connectKafka');
  return activity;
}
