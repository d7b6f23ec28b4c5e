import type { Kafka } from 'kafkajs';
import { newClient, type KafkaOptions } from './kafka-client.ts';

export type { KafkaOptions } from './kafka-client.ts';

/** A handle on a Kafka cluster; connects on first use. */
export type KafkaHandle = Kafka;

const options = new WeakMap<KafkaHandle, KafkaOptions>();

/**
 * Prepares a client of a Kafka cluster: with kafkajs' timer bug corrected and ZSTD registered. Nothing is connected yet.
 * A cold coordinator's errors are retried.
 */
export function connectKafka(given: KafkaOptions): KafkaHandle {
  const kafka = newClient(given);
  options.set(kafka, given);
  return kafka;
}

/** What a handle was made of, to make another client of the same cluster. */
export function optionsOf(kafka: KafkaHandle): KafkaOptions {
  const given = options.get(kafka);
  if (!given) throw new TypeError('this handle was not made by connectKafka');
  return given;
}
