import { describe, expect, it, vi } from 'vitest';
import { changeSchema, checkedName } from './schema.ts';

describe('checkedName', () => {
  it.each(['meridian', 'meridian_keys', 'g2', `a${'b'.repeat(47)}`])('takes %s', (name) =>
    expect(checkedName(name)).toBe(name),
  );

  it.each(['', 'Meridian', '2g', '_a', 'a-b', 'a b', 'a;DROP KEYSPACE b', 'a"', `a${'b'.repeat(48)}`])(
    'refuses "%s": a name cannot be bound',
    (name) => expect(() => checkedName(name)).toThrow(/is no name/),
  );
});

describe('changeSchema', () => {
  const nothing = () => Promise.resolve([]);
  const made = ['CREATE TABLE IF NOT EXISTS a.t (x int)'];

  it('leaves out the tables and columns that are there: a service may lack the right to make them', async () => {
    const schema = vi.fn().mockResolvedValue(true);
    const execute = () => Promise.resolve([{ table_name: 't', column_name: 'x' }]);
    const missing = ['CREATE TABLE IF NOT EXISTS a.u (x int)', 'ALTER TABLE a.t ADD IF NOT EXISTS y int'];
    const there = ['CREATE TABLE IF NOT EXISTS a.t (x int)', 'ALTER TABLE a.t ADD IF NOT EXISTS x int'];
    await changeSchema({ schema, execute }, [...there, ...missing]);
    expect(schema).toHaveBeenCalledExactlyOnceWith(missing, undefined);
    schema.mockClear();
    // Nothing is left to do, but to wait until all nodes know the tables.
    await changeSchema({ schema, execute }, there);
    expect(schema).toHaveBeenCalledExactlyOnceWith([], undefined);
  });

  it('makes a table with its columns at once, and looks afterwards whether it has them', async () => {
    const whole = [
      'CREATE TABLE IF NOT EXISTS a.u (x int, y int)',
      'ALTER TABLE a.u ADD IF NOT EXISTS y int',
    ];
    const madeBy = async (columns: readonly string[]) => {
      const schema = vi.fn().mockResolvedValue(true);
      const there = columns.map((column_name) => ({ table_name: 'u', column_name }));
      const execute = () => Promise.resolve(schema.mock.calls.length === 0 ? [] : there);
      await changeSchema({ schema, execute }, whole);
      return schema.mock.calls.map(([statements]) => statements);
    };
    expect(await madeBy(['x', 'y'])).toEqual([whole.slice(0, 1), []]);
    // An earlier version made it at the same moment.
    expect(await madeBy(['x'])).toEqual([whole.slice(0, 1), whole.slice(1)]);
  });

  it('runs a change again that met another one', async () => {
    const change = vi.fn().mockRejectedValueOnce(new Error('concurrent change')).mockResolvedValue(true);
    await changeSchema({ schema: change, execute: nothing }, made);
    expect(change).toHaveBeenCalledTimes(2);
  });

  it('waits until the nodes agree, for as long as slow nodes take', async () => {
    const schema = vi.fn().mockResolvedValueOnce(false).mockResolvedValueOnce(false).mockResolvedValue(true);
    await changeSchema({ schema, execute: nothing }, made);
    expect(schema.mock.calls.map(([statements]) => statements)).toEqual([made, [], []]);
  });

  it('goes on when a node never agrees, since the others may do', async () => {
    const schema = vi.fn().mockResolvedValue(false);
    await changeSchema({ schema, execute: nothing }, made);
    expect(schema.mock.calls.length).toBeGreaterThan(10);
  });

  it('waits for long, too, when what it makes is there at its second try', async () => {
    const schema = vi.fn().mockRejectedValueOnce(new Error('concurrent change')).mockResolvedValue(false);
    const execute = () =>
      Promise.resolve(schema.mock.calls.length === 0 ? [] : [{ table_name: 't', column_name: 'x' }]);
    await changeSchema({ schema, execute }, made);
    expect(schema.mock.calls.length).toBeGreaterThan(10);
  });

  it('waits once where nothing has to be made: nodes may disagree about something else', async () => {
    const schema = vi.fn().mockResolvedValue(false);
    const execute = () => Promise.resolve([{ table_name: 't', column_name: 'x' }]);
    await changeSchema({ schema, execute }, made);
    expect(schema).toHaveBeenCalledTimes(1);
  });

  it('makes and waits for nothing further once it is told to end', async () => {
    const stop = new AbortController();
    const schema = vi.fn(() => {
      stop.abort(new Error('the process stops'));
      return Promise.resolve(false);
    });
    const { signal } = stop;
    await expect(changeSchema({ schema, execute: nothing }, made, { signal })).rejects.toThrow(
      'the process stops',
    );
    expect(schema).toHaveBeenCalledExactlyOnceWith(made, signal);
  });

  it('is ended with the reason why, also where a change has failed, or waits to be tried again', async () => {
    const over = new Error('the process stops');
    for (const wait of [() => Promise.resolve(), () => new Promise((resolve) => setImmediate(resolve))]) {
      const stop = new AbortController();
      const schema = vi.fn(async () => {
        void wait().then(() => stop.abort(over));
        await Promise.resolve();
        throw new Error('concurrent change');
      });
      const { signal } = stop;
      await expect(changeSchema({ schema, execute: nothing }, made, { signal })).rejects.toBe(over);
      expect(schema).toHaveBeenCalledTimes(1);
    }
  });

  it('gives up in the end, with what was wrong', async () => {
    const change = vi.fn().mockRejectedValue(new Error('no such table'));
    await expect(changeSchema({ schema: change, execute: nothing }, [], { tries: 2 })).rejects.toThrow(
      'no such table',
    );
    expect(change).toHaveBeenCalledTimes(2);
  });
});
