import metadata, { type MetadataAnswer } from 'kafkajs/src/protocol/requests/metadata/index.js';

let isPatched = false;

/**
 * Has kafkajs 2.2.4 pass over partitions without a leader where it asks for all topics. Otherwise one such partition fails the whole
 * answer, whoever's topic it is. kafkajs asks so when it connects an idempotent producer, and when it lists topics.
 * So no producer could connect while a broker was away that somebody else's topic needs. Where topics are named, the
 * answer is judged as before. Safe to call often; affects this process only.
 */
export function patchMetadata(): void {
  if (isPatched) return;
  isPatched = true;
  const { protocol } = metadata;
  metadata.protocol = (of) => {
    const exchangeFor = protocol(of);
    return (asked) => {
      const exchange = exchangeFor(asked);
      if (asked.topics.length > 0) return exchange;
      const { response } = exchange;
      return {
        ...exchange,
        response: { ...response, parse: (answer) => response.parse(withoutFailures(answer)) },
      };
    };
  };
}

/** The answer without partitions that failed. Their topics stay: they are there. */
const withoutFailures = (answer: MetadataAnswer): MetadataAnswer => ({
  ...answer,
  topicMetadata: answer.topicMetadata
    .filter(({ topicErrorCode }) => topicErrorCode === 0)
    .map((topic) => ({
      ...topic,
      partitionMetadata: topic.partitionMetadata.filter(({ partitionErrorCode }) => partitionErrorCode === 0),
    })),
});
