import metadata, { type MetadataAnswer } from 'kafkajs/src/protocol/requests/metadata/index.js';
import { describe, expect, it } from 'vitest';
import { patchMetadata } from './metadata-patch.ts';

const LEADER_NOT_AVAILABLE = 5;
const UNKNOWN_TOPIC = 3;

const topic = (name: string, partitionErrorCode = 0, topicErrorCode = 0) => ({
  topicErrorCode,
  topic: name,
  partitionMetadata: [{ partitionErrorCode: 0 }, { partitionErrorCode }],
});

/** Reads an answer to a question about these topics, by each version of the question that kafkajs has. */
const readBy = (version: string, topics: readonly string[], answer: MetadataAnswer) =>
  metadata.protocol({ version })({ topics }).response.parse(answer);

describe.each(metadata.versions)('an answer about topics, by version %s', (version) => {
  patchMetadata();

  it('is taken when all topics were asked for and a partition of one has no leader', async () => {
    const answer = { topicMetadata: [topic('ours'), topic('theirs', LEADER_NOT_AVAILABLE)] };
    const { topicMetadata } = await readBy(version, [], answer);
    expect(
      topicMetadata.map(({ topic: name, partitionMetadata }) => [name, partitionMetadata.length]),
    ).toEqual([
      ['ours', 2],
      ['theirs', 1],
    ]);
  });

  it('is refused when the topic was named: whoever names it needs its partitions', async () => {
    const answer = { topicMetadata: [topic('ours', LEADER_NOT_AVAILABLE)] };
    await expect(readBy(version, ['ours'], answer)).rejects.toThrow(/no leader/);
    const unknown = { topicMetadata: [topic('ours', 0, UNKNOWN_TOPIC)] };
    await expect(readBy(version, ['ours'], unknown)).rejects.toThrow(/does not host/);
  });
});
