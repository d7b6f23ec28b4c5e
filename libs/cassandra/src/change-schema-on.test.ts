import cassandra from 'cassandra-driver';
import { describe, expect, it } from 'vitest';
import { changeSchemaOn } from './change-schema-on.ts';

/** A client of a region whose nodes never agree. It is told what is asked. */
function disagreeing(onAsked: (cql: string) => void): cassandra.Client {
  const client = new cassandra.Client({ contactPoints: ['127.0.0.1:1'], localDataCenter: 'eu-west' });
  const execute = async (cql: string) => {
    onAsked(cql);
    return Promise.resolve({ rows: [] });
  };
  return Object.assign(client, { execute });
}

describe('a change of the schema', () => {
  it('waits for nobody once it is told to end', async () => {
    const stop = new AbortController();
    let looks = 0;
    const client = disagreeing(() => {
      looks += 1;
      stop.abort();
    });
    await expect(changeSchemaOn(client, 'eu-west', [], stop.signal)).resolves.toBe(false);
    expect(looks).toBe(1);
  });

  it('makes nothing further once it is told to end', async () => {
    const stop = new AbortController();
    const asked: string[] = [];
    const client = disagreeing((cql) => {
      asked.push(cql);
      stop.abort(new Error('the process stops'));
    });
    const change = changeSchemaOn(client, 'eu-west', ['CREATE a', 'CREATE b'], stop.signal);
    await expect(change).rejects.toThrow('the process stops');
    expect(asked).toEqual(['CREATE a']);
  });
});
