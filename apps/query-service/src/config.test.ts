import { randomBytes } from 'node:crypto';
import { ConfigurationError } from '@meridian/service-host';
import { describe, expect, it } from 'vitest';
import { queryServiceConfig } from './config.ts';

const key = randomBytes(32).toString('base64');
const env = {
  MERIDIAN_REGION: 'eu-west',
  MERIDIAN_CASSANDRA: '127.0.0.1:9042',
  MERIDIAN_MASTER_KEY: key,
  MERIDIAN_PAGE_TOKEN_KEY: key,
};

describe('the configuration', () => {
  it('needs a region, its store and two keys; the rest has defaults', () => {
    expect(queryServiceConfig(env)).toMatchObject({
      MERIDIAN_REGION: 'eu-west',
      MERIDIAN_CASSANDRA: ['127.0.0.1:9042'],
      MERIDIAN_GRPC_ADDRESS: '127.0.0.1:7101',
      MERIDIAN_KEYSPACE: 'meridian',
    });
  });

  it('takes regions that stand in, each with its nodes, and says which are wrong', () => {
    const given = (value: string) => queryServiceConfig({ ...env, MERIDIAN_CASSANDRA_FALLBACKS: value });
    expect(queryServiceConfig(env).MERIDIAN_CASSANDRA_FALLBACKS).toEqual([]);
    expect(given('us-east=a:9042+b:9042,ap-south=c:9042').MERIDIAN_CASSANDRA_FALLBACKS).toEqual([
      { region: 'us-east', contactPoints: ['a:9042', 'b:9042'] },
      { region: 'ap-south', contactPoints: ['c:9042'] },
    ]);
    for (const wrong of ['us-east', 'us-east=', 'US=a:9042', 'us-east=a', 'us-east=a:1,us-east=b:1'])
      expect(() => given(wrong)).toThrow('MERIDIAN_CASSANDRA_FALLBACKS');
  });

  it('says everything that is wrong at once, and no secret', () => {
    const wrong = { MERIDIAN_REGION: 'EU', MERIDIAN_MASTER_KEY: 'c2VjcmV0', MERIDIAN_GRPC_ADDRESS: 'here' };
    const problemsOf = () => {
      try {
        queryServiceConfig(wrong);
      } catch (error) {
        if (error instanceof ConfigurationError) return error.problems;
      }
      return [];
    };
    const problems = problemsOf();
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'MERIDIAN_CASSANDRA',
      'MERIDIAN_GRPC_ADDRESS',
      'MERIDIAN_MASTER_KEY',
      'MERIDIAN_PAGE_TOKEN_KEY',
      'MERIDIAN_REGION',
    ]);
    expect(problems.join()).not.toContain('c2VjcmV0');
  });
});
