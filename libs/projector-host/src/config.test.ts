import { describe, expect, it } from 'vitest';
import { projectorConfig } from './config.ts';

describe('a projector’s configuration', () => {
  it('needs Kafka and Cassandra, and says both at once', () => {
    const both = /(?=[\s\S]*MERIDIAN_KAFKA_BROKERS: is not set)(?=[\s\S]*MERIDIAN_CASSANDRA: is not set)/;
    expect(() => projectorConfig({})).toThrow(both);
  });

  it('has defaults for the rest', () => {
    const config = projectorConfig({ MERIDIAN_KAFKA_BROKERS: 'k:9092', MERIDIAN_CASSANDRA: 'c:9042' });
    expect(config).toMatchObject({
      MERIDIAN_REGIONS: ['eu-west', 'us-east'],
      MERIDIAN_REQUESTS_IN_FLIGHT: 16,
      MERIDIAN_MAX_ROUND_MS: 100,
      MERIDIAN_BATCH_PARTITIONS: 60,
      MERIDIAN_BATCH_BYTES: 30_000,
      MERIDIAN_CATCH_UP_PARTITIONS: 4,
      MERIDIAN_TOTALS_KEPT: 100_000,
      MERIDIAN_TOTALS_KEPT_BYTES: 64_000_000,
    });
  });
});
