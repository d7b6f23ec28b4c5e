import { describe, expect, it } from 'vitest';
import { namesFromEnvironment, stackNames } from './stack-names.ts';

describe('the names of a stack', () => {
  it('are those of production without a suffix, and meet no other stack’s with one', () => {
    expect(stackNames()).toEqual({
      database: 'meridian',
      keysDatabase: 'meridian_keys',
      keyspace: 'meridian',
      topicPrefix: 'meridian',
    });
    const plain = Object.values(stackNames());
    expect(Object.values(stackNames('shop')).filter((name) => plain.includes(name))).toEqual([]);
  });

  it('are taken from the environment as far as it gives them', () => {
    expect(namesFromEnvironment({ MERIDIAN_KEYSPACE: 'shop', MERIDIAN_TOPIC_PREFIX: '' })).toEqual({
      ...stackNames(),
      keyspace: 'shop',
    });
  });
});
